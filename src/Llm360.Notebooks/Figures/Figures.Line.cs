// Figure: one column of a data frame against another.
using System.Globalization;
using Microsoft.Data.Analysis;

namespace Llm360.Notebooks;

public static partial class Figures
{
    private const int MostLines = 50;

    /// <summary>
    /// Draws one column of a data frame against another, for example of a query's result.
    /// </summary>
    /// <param name="rows">
    /// The rows. Rows without an <paramref name="x"/> are left out; a missing <paramref name="y"/>
    /// leaves a gap.
    /// </param>
    /// <param name="x">
    /// Column of the positions: numbers, which are sorted, or text, which keeps its order.
    /// </param>
    /// <param name="y">Column of the values: numbers.</param>
    /// <param name="series">Column that names a row's line; null for one line.</param>
    /// <exception cref="Llm360Exception">
    /// A column is missing or has no numbers, there is nothing to draw, or there are more than 50
    /// lines.
    /// </exception>
    public static Figure Line(DataFrame rows, string x, string y, string? series = null)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var (at, values) = (Column(rows, x), Column(rows, y));
        var names = series is null ? null : Column(rows, series);
        if (!values.IsNumericColumn())
            throw new Llm360Exception($"The column {y} holds no numbers.", $"figure {nameof(Line)}",
                "Choose a column of numbers for the vertical axis.");
        var used = Enumerable.Range(0, (int)rows.Rows.Count).Where(i => at[i] is not null).ToList();
        if (!used.Any(i => double.IsFinite(Number(values[i]))))
            throw new Llm360Exception($"There is nothing to draw: {y} has no finite value.", $"figure {nameof(Line)}",
                "Select rows that have one.");
        var labels = at.IsNumericColumn() ? null : used.Select(i => Name(at[i])).Distinct().ToList();
        var groups = used.GroupBy(i => names is null ? y : Name(names[i])).ToList();
        if (groups.Count > MostLines)
        {
            throw new Llm360Exception($"The column {series} gives {groups.Count} lines; at most {MostLines} can be told apart.",
                $"figure {nameof(Line)}", "Aggregate the rows, or choose another column.");
        }

        var traces = groups.Select(g =>
            Trace(g.Key, g, i => labels?.IndexOf(Name(at[i])) ?? Number(at[i]), i => Number(values[i]), labels)).ToList();
        var ends = traces.Where(t => t.Y.Any(double.IsFinite)).Select(t => (t.Name, Last: t.Y.Last(double.IsFinite))).ToList();
        var (lowest, highest) = (ends.MinBy(e => e.Last), ends.MaxBy(e => e.Last));
        var first = traces.First(t => t.Y.Any(double.IsFinite));
        var title = ends.Count > 1
            ? $"At its end, {y} is highest for {highest.Name} ({FigureText.Number(highest.Last)}) and lowest for {lowest.Name} "
                + $"({FigureText.Number(lowest.Last)})"
            : $"{y} starts at {FigureText.Number(first.Y.First(double.IsFinite))} and ends at {FigureText.Number(ends[0].Last)}";
        var all = used.Select(i => Number(values[i])).Where(double.IsFinite).ToList();
        var finding = $"{y} lies between {FigureText.Number(all.Min())} and {FigureText.Number(all.Max())}.";
        return Single(title, $"n = {FigureText.Count(all.Count)} values", finding, new Panel("", new Axis(x), new Axis(y), traces));
    }

    private static Trace Trace(string name, IEnumerable<int> rows, Func<int, double> x, Func<int, double> y, List<string>? labels)
    {
        var points = rows.OrderBy(x).ToList();
        return new Trace(name, TraceKind.Line, [.. points.Select(x)], [.. points.Select(y)],
            XLabels: labels is null ? null : [.. points.Select(i => labels[(int)x(i)])]);
    }

    private static DataFrameColumn Column(DataFrame rows, string name) => rows.Columns.FirstOrDefault(c => c.Name == name)
        ?? throw new Llm360Exception($"The rows have no column \"{name}\".", $"figure {nameof(Line)}",
            $"Choose from: {string.Join(", ", rows.Columns.Select(c => c.Name))}.");

    private static double Number(object? value) => value is null ? double.NaN : Convert.ToDouble(value, CultureInfo.InvariantCulture);

    private static string Name(object? value) =>
        Convert.ToString(value, CultureInfo.InvariantCulture) is { Length: > 0 } name ? name : "none";
}
