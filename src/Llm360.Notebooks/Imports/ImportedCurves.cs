// Metrics along training that others measured, for figures.
using System.Text.Json.Serialization;
using Microsoft.Data.Analysis;

namespace Llm360.Notebooks;

/// <summary>One imported metric along training.</summary>
/// <param name="Task">The task of an evaluation; empty for a logged metric.</param>
/// <param name="Metric">The metric, such as <c>acc_norm</c> or <c>loss</c>.</param>
/// <param name="Positions">Checkpoints or steps, ascending.</param>
/// <param name="Values">Same length; NaN if the file has none.</param>
/// <param name="StandardErrors">
/// Same length; NaN if the file has none. Null for a metric without standard errors.
/// </param>
public sealed record ImportedCurve(
    string Task, string Metric, IReadOnlyList<double> Positions, IReadOnlyList<double> Values, IReadOnlyList<double>? StandardErrors = null)
{
    /// <summary>Task and metric.</summary>
    public string Name => Task.Length == 0 ? Metric : $"{Task} {Metric}";
}

/// <summary>Metrics along training from files that other programs wrote.</summary>
/// <param name="model">Name of the trained model, for titles.</param>
/// <param name="positionLabel">What the positions count, such as <c>checkpoint</c>.</param>
/// <param name="curves">The metrics.</param>
[TypeFormatterSource(typeof(TableFormatterSource), PreferredMimeTypes = [MimeTypes.Html, MimeTypes.Plain])]
public sealed class ImportedCurves(string model, string positionLabel, IReadOnlyList<ImportedCurve> curves) : IShownAsTable
{
    /// <summary>Name of the trained model.</summary>
    public string Model { get; } = model;

    /// <summary>What the positions count.</summary>
    public string PositionLabel { get; } = positionLabel;

    /// <summary>The metrics, by name.</summary>
    public IReadOnlyList<ImportedCurve> Curves { get; } = curves;

    /// <summary>The curve with a name.</summary>
    /// <param name="name">
    /// Task and metric, such as <c>arc_challenge acc_norm</c>, or a logged metric.
    /// </param>
    /// <exception cref="Llm360Exception">There is none.</exception>
    public ImportedCurve Find(string name) => Curves.FirstOrDefault(c => c.Name == name) ?? throw Missing(name);

    /// <summary>Some of the curves.</summary>
    /// <param name="names">Names of curves, or of tasks for all metrics of a task.</param>
    /// <exception cref="Llm360Exception">There is no such curve and no such task.</exception>
    public ImportedCurves Select(params IReadOnlyList<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        var chosen = names.SelectMany(name =>
            Curves.Where(c => c.Name == name || c.Task == name).ToList() is { Count: > 0 } found ? found : throw Missing(name));
        return new ImportedCurves(Model, PositionLabel, [.. chosen.Distinct()]);
    }

    /// <summary>The first and last value of each curve.</summary>
    public Table ToTable() => new(
        $"Imported metrics of {Model}, by {PositionLabel}: {Curves.Count} curves.",
        [
            new("task"), new("metric"), new("values", ColumnAlignment.Right),
            new($"first {PositionLabel}", ColumnAlignment.Right), new("value", ColumnAlignment.Right),
            new($"last {PositionLabel}", ColumnAlignment.Right), new("value", ColumnAlignment.Right),
        ],
        [
            .. Curves.Select(c => new[]
            {
                c.Task, c.Metric, FigureText.Count(c.Values.Count(double.IsFinite)),
                FigureText.Human(c.Positions[0]), FigureText.Number(c.Values[0]),
                FigureText.Human(c.Positions[^1]), FigureText.Number(c.Values[^1]),
            }),
        ]);

    /// <summary>All values as a data frame, one row for each.</summary>
    public DataFrame ToDataFrame() => ParquetRows.ToDataFrame<ImportedRow>([.. Curves.SelectMany(Rows)]);

    private static IEnumerable<ImportedRow> Rows(ImportedCurve curve) => curve.Positions.Select((position, i) => new ImportedRow
    {
        Task = curve.Task, Metric = curve.Metric, Position = position, Value = curve.Values[i], StandardError = curve.StandardErrors?[i],
    });

    private Llm360Exception Missing(string name) => new(
        $"There is no imported metric \"{Printable.Value(name)}\".",
        $"imported metrics of {Model}",
        $"Choose one of: {string.Join(", ", Curves.Select(c => c.Name).Take(40))}.");

    private sealed class ImportedRow
    {
        [JsonPropertyName("task")]
        public string Task { get; set; } = "";

        [JsonPropertyName("metric")]
        public string Metric { get; set; } = "";

        [JsonPropertyName("position")]
        public double Position { get; set; }

        [JsonPropertyName("value")]
        public double Value { get; set; }

        [JsonPropertyName("standard_error")]
        public double? StandardError { get; set; }
    }
}
