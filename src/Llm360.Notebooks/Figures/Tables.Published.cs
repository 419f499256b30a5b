// Tables that compare measured numbers with published ones, and the landscape of open models.
using System.Globalization;

namespace Llm360.Notebooks;

/// <summary>A measured number and a published one.</summary>
/// <param name="Number">Name of the published number, such as <c>amber.steps</c>.</param>
/// <param name="Measured">The number measured or computed here; null for none.</param>
/// <param name="Why">Why the two may differ; one clause.</param>
public sealed record PublishedComparison(string Number, double? Measured, string Why = "");

public static partial class Tables
{
    /// <summary>Published and measured numbers, their difference, and the reason for it.</summary>
    /// <param name="paper">
    /// A name for <see cref="Papers.Open"/>, such as <c>llm360</c>.
    /// </param>
    /// <param name="measured">Header of the measured column, such as <c>nano</c>.</param>
    /// <param name="rows">In the order of the table.</param>
    /// <exception cref="Llm360Exception">
    /// There is no such paper, or it has no such number, or the number is a list.
    /// </exception>
    public static Table Published(string paper, string measured, params IReadOnlyList<PublishedComparison> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var numbers = Papers.Open(paper);
        // If all rows have the same source, it needs no column.
        var sources = rows.Select(r => numbers.Find(r.Number).Source).Distinct().ToList();
        var isOneSource = sources.Count == 1;
        return new Table(
            $"Numbers of {numbers.Title}, and those of {measured}.{(isOneSource ? $" Source: {sources[0]}." : "")}",
            [
                new("quantity"), new("unit"), new("published", ColumnAlignment.Right), new(measured, ColumnAlignment.Right),
                new("difference", ColumnAlignment.Right), new("why"), .. isOneSource ? (TableColumn[])[] : [new("source")],
            ],
            [.. rows.Select(Row)]);

        string[] Row(PublishedComparison row)
        {
            var (number, value) = (numbers.Find(row.Number), numbers[row.Number]);
            return
            [
                row.Number, number.Unit == "1" ? "" : number.Unit, Exact(value) + (number.Verified ? "" : " (not verified)"),
                row.Measured is { } here ? Exact(here) : "not measured", Difference(row.Measured - value, value), row.Why,
                .. isOneSource ? (string[])[] : [number.Source],
            ];
        }
    }

    /// <summary>
    /// Open models and the released parts of their training (the paper's table 1), with a suite
    /// among them. A suite that is in the table keeps its row.
    /// </summary>
    /// <param name="suite">The suite.</param>
    /// <param name="released">
    /// Keeps only models that released these parts: <c>code</c>, <c>config</c>,
    /// <c>modelCheckpoints</c>, <c>optimizerCheckpoints</c>, <c>dataMix</c>, <c>dataOrder</c>,
    /// <c>data</c>. An empty list keeps all models.
    /// </param>
    /// <exception cref="Llm360Exception">There is no such part.</exception>
    public static Table Landscape(Suite suite, params IReadOnlyList<string> released)
    {
        var table = OpenModels.Table;
        var unknown = released.FirstOrDefault(r => !OpenModels.Parts.Contains(r));
        if (unknown is not null)
        {
            throw new Llm360Exception(
                $"\"{Printable.Value(unknown)}\" is no part of a training.",
                $"table {nameof(Landscape)}",
                $"Choose from: {string.Join(", ", OpenModels.Parts)}.");
        }

        var all = OpenModels.With(suite);
        var shown = all.Where(m => released.All(r => m.Released[OpenModels.Parts.IndexOf(r)] == true)).ToList();
        var filter = released.Count == 0 ? "" : $" that released {string.Join(", ", released.Select(r => table.Column(r).Title))}";
        return new Table(
            $"{shown.Count} of {all.Count} open models{filter}: what was released of their training ({table.Source}); "
            + $"{suite.Name} as it is here.",
            [
                new("model"), new("release"), .. OpenModels.Parts.Select(p => new TableColumn(table.Column(p).Title)),
                new("training tokens", ColumnAlignment.Right),
            ],
            [
                .. shown.Select(m => new[] { m.IsSuite ? $"{m.Name} (this suite)" : m.Name, m.Release }
                    .Concat(m.Released.Select(r => r switch { true => "yes", false => "no", _ => "not known" }))
                    .Append(m.Tokens is { } tokens ? FigureText.Human(tokens) : "not given").ToArray()),
            ]);
    }

    private static string Exact(double value) =>
        value.ToString(value != 0 && Math.Abs(value) < 1e-3 ? "0.####e-0" : "#,0.####", CultureInfo.InvariantCulture);

    private static string Difference(double? difference, double published) => difference switch
    {
        null => "",
        0 => "0",
        { } d when published == 0 => Signed(d),
        { } d => $"{Signed(d)} ({FigureText.Percent(Math.Abs(d / published))})",
    };

    private static string Signed(double value) => (value > 0 ? "+" : "") + Exact(value);
}
