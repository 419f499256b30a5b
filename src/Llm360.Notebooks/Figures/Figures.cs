// The figures of the paper. Each method is a pure function from numbers to a figure.
namespace Llm360.Notebooks;

/// <summary>
/// One method for each figure of the LLM360 paper, and for each figure that the analyses add.
/// </summary>
/// <remarks>
/// Titles, findings and alternative texts are computed from the numbers, so they are true for any
/// suite.
/// </remarks>
public static partial class Figures
{
    /// <summary>
    /// Number of points that a raw series keeps. More points cannot be distinguished in 720 pixels
    /// and make the page larger.
    /// </summary>
    private const int RawBuckets = 280;

    private static Figure Single(string title, string subtitle, string finding, Panel panel, string? alt = null) =>
        new(title, subtitle, alt ?? $"{title}. {subtitle}. {finding}", [panel], finding);

    private static void RequireNotEmpty<T>(IReadOnlyCollection<T> values, string figure, string what)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (values.Count == 0)
            throw new Llm360Exception($"There is nothing to draw: no {what}.", $"figure {figure}", $"Give at least one of the {what}.");
    }

    /// <summary>The figure for a suite without canaries.</summary>
    private static Figure NoCanaries(string model) => Single(
        $"No canary has been read in {model}: nothing to draw",
        "canaries are random sequences that were planted in the training data",
        "Only a suite that was trained with canaries can say how many repetitions it takes.",
        new Panel("", new Axis("repetitions within its chunk"), new Axis(""), []));
}
