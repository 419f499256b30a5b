// The description of the run that made the notebooks.
using System.Globalization;

namespace Llm360.Notebooks.Cli.Site;

/// <summary>The run behind a site. The index describes it in one sentence with numbers.</summary>
/// <param name="Suite">For example <c>nano</c>.</param>
/// <param name="Parameters">Parameters of the model.</param>
/// <param name="Tokens">Tokens it was trained on.</param>
/// <param name="Time">How long the whole run took.</param>
/// <param name="Machine">In words: processor, cores, memory.</param>
/// <param name="Notebooks">
/// Information about single notebooks, by file name (<c>01-training.ipynb</c>); null for none.
/// </param>
/// <param name="Finished">When it ended, in UTC; null for unknown.</param>
/// <param name="Origin">The origin of the report; null to omit it.</param>
public sealed record SiteRun(
    string Suite,
    long Parameters,
    double Tokens,
    TimeSpan Time,
    string Machine,
    IReadOnlyDictionary<string, SiteNotebook>? Notebooks = null,
    DateTimeOffset? Finished = null,
    SiteOrigin? Origin = null)
{
    internal string Sentence(int notebooks) => string.Create(CultureInfo.InvariantCulture,
        $"The suite {Suite}, a model of {Human(Parameters)} parameters trained on {Human(Tokens)} tokens, "
            + $"was studied in {notebooks} notebook{(notebooks == 1 ? "" : "s")} within {InWords(Time)} on {Machine}.");

    internal static string InWords(TimeSpan time) => time switch
    {
        { TotalSeconds: < 1.5 } => "1 second",
        { TotalSeconds: < 90 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0} seconds"),
        { TotalMinutes: < 90 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMinutes:0.#} minutes"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{time.TotalHours:0.#} hours"),
    };

    private static string Human(double value) => value switch
    {
        >= 1e12 => string.Create(CultureInfo.InvariantCulture, $"{value / 1e12:0.##} trillion"),
        >= 1e9 => string.Create(CultureInfo.InvariantCulture, $"{value / 1e9:0.##} billion"),
        >= 1e6 => string.Create(CultureInfo.InvariantCulture, $"{value / 1e6:0.##} million"),
        _ => value.ToString("N0", CultureInfo.InvariantCulture),
    };
}

/// <summary>Information about one notebook's run.</summary>
/// <param name="Time">How long it ran; null if unknown.</param>
/// <param name="DataFiles">Files to offer for download (Parquet, CSV); null for none.</param>
public sealed record SiteNotebook(TimeSpan? Time = null, IReadOnlyList<string>? DataFiles = null);
