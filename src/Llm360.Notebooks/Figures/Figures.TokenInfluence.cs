// Figure: contributions of a training row's tokens to its score, by several methods.
namespace Llm360.Notebooks;

public static partial class Figures
{
    private const int MaximumTokens = 24;

    /// <summary>A heat map of per-token influence, one row for each method.</summary>
    /// <param name="influences">
    /// Influences of one training row by several methods; each is divided by its largest absolute
    /// value.
    /// </param>
    /// <exception cref="Llm360Exception">There is none, or they are of different rows.</exception>
    public static Figure TokenInfluence(IReadOnlyList<TokenInfluence> influences)
    {
        RequireNotEmpty(influences, nameof(TokenInfluence), "influences");
        var first = influences[0];
        if (influences.Any(i => i.Row.ToString() != first.Row.ToString()))
            throw new Llm360Exception(
                "The influences are of different training rows.", "figure TokenInfluence", "Ask all methods about one row.");
        // The part of the row around the token with the most influence.
        var strength = Enumerable.Range(0, first.Tokens.Count).Select(t => influences.Sum(i => Math.Abs(i.Values[t]) / Largest(i)))
            .ToList();
        var most = strength.IndexOf(strength.Max());
        var begin = Math.Clamp(most - (MaximumTokens / 2), 0, Math.Max(0, first.Tokens.Count - MaximumTokens));
        var shown = Enumerable.Range(begin, Math.Min(MaximumTokens, first.Tokens.Count - begin)).ToList();
        var title = $"The token \"{first.Tokens[most].Trim()}\" of {first.Row} carries the most influence";
        var finding = string.Join("; ", influences.Select(i =>
        {
            var at = i.Values.ToList().IndexOf(i.Values.Max());
            return $"{i.Method}: \"{i.Tokens[at].Trim()}\" at position {at} has "
                + $"{FigureText.Percent(i.Values[at] / Math.Max(i.Values.Sum(Math.Abs), 1e-300))} of all influence";
        })) + ".";
        return Single(
            title,
            $"{first.Row}, positions {shown[0]} to {shown[^1]} of {first.Tokens.Count}; each method divided by its largest absolute value",
            finding,
            new Panel("", new Axis("token of the training row"), new Axis("method"), [], new HeatMap(
                [.. shown.Select(t => $"{t} {first.Tokens[t].Replace(' ', '\u00B7').ReplaceLineEndings("\u00B7")}")],
                [.. influences.Select(i => i.Method)],
                [.. influences.Select(i => (IReadOnlyList<double>)[.. shown.Select(t => i.Values[t] / Largest(i))])],
                "share of the largest part",
                -1,
                1)));

        static double Largest(TokenInfluence influence) => Math.Max(influence.Values.Max(Math.Abs), 1e-300);
    }
}
