// Converts the rows of a log to a curve for each metric.
namespace Llm360.Notebooks;

/// <summary>Makes curves from rows.</summary>
internal static class LogTable
{
    private const string RunColumn = "run_name";
    private static readonly string[] PositionColumns = ["Step", "step", "_step", "global_step", "custom_step"];

    // Columns that the loggers add to every row.
    private static readonly string[] Others = [.. PositionColumns, RunColumn, "id", "timestamp", "_timestamp", "_runtime"];

    /// <summary>The metrics of a log.</summary>
    /// <param name="rows">At least one.</param>
    /// <param name="path">The file, for errors.</param>
    /// <param name="position">The column with the positions; when null, it is found.</param>
    /// <param name="run">The run; null if there is only one.</param>
    /// <returns>The column with the positions, and the curves.</returns>
    public static (string Position, IReadOnlyList<ImportedCurve> Curves) Curves(
        IReadOnlyList<LogRow> rows, string path, string? position, string? run)
    {
        rows = OfRun(rows, path, run);
        List<string> names = [.. rows.SelectMany(r => r.Values.Keys).Distinct()];
        var wanted = position is null ? $"none of the columns {string.Join(", ", PositionColumns)}"
            : $"no column \"{Printable.Value(position)}\"";
        var found = position is null ? PositionColumns.FirstOrDefault(names.Contains) : names.Find(n => n == position);
        if (found is null)
            throw new Llm360Exception($"The log has {wanted}.", rows[0].Where, $"Name that of positions: {string.Join(", ", names)}.");
        List<(double Position, LogRow Row)> placed = [.. rows.Select(r => (Position: PositionOf(r, found), r)).OrderBy(r => r.Position)];
        var metrics = names.Where(n => n != found && !IsAddition(n));
        List<ImportedCurve> curves = [.. metrics.Select(n => Curve(n, placed)).OfType<ImportedCurve>()];
        return curves.Count > 0 ? (found, curves)
            : throw new Llm360Exception("The log has no column of numbers beside the positions.", path, "Export a run with metrics.");
    }

    private static double PositionOf(LogRow row, string column) =>
        row.Values.GetValueOrDefault(column) is double position && double.IsFinite(position) ? position
        : throw new Llm360Exception(
            $"The row has no number in \"{Printable.Value(column)}\".",
            row.Where,
            "Export the run again, or name another column of positions.");

    private static bool IsAddition(string name) => Others.Contains(name)
        || name.EndsWith("__MIN", StringComparison.Ordinal) || name.EndsWith("__MAX", StringComparison.Ordinal);

    // A column whose first value is a text is not a metric; a text among numbers is an error.
    private static ImportedCurve? Curve(string name, List<(double Position, LogRow Row)> rows)
    {
        List<(double Position, LogRow Row)> known = [.. rows.Where(r => r.Row.Values.ContainsKey(name))];
        if (known[0].Row.Values[name] is string)
            return null;
        return new ImportedCurve("", name, [.. known.Select(r => r.Position)], [.. known.Select(r => Number(r.Row))]);

        double Number(LogRow row) => row.Values[name] is double number ? number : throw new Llm360Exception(
            $"The value of \"{Printable.Value(name)}\" is not a number but \"{Printable.Value((string)row.Values[name])}\".",
            row.Where,
            "Correct it, or export the run again.");
    }

    private static IReadOnlyList<LogRow> OfRun(IReadOnlyList<LogRow> rows, string path, string? run)
    {
        List<string> runs = [.. rows.Select(Run).OfType<string>().Distinct()];
        if (run is null && runs.Count < 2)
            return rows;
        List<LogRow> chosen = [.. rows.Where(r => Run(r) == run)];
        return run is not null && chosen.Count > 0 ? chosen : throw new Llm360Exception(
            run is null ? $"The log has {runs.Count} runs." : $"The log has no run \"{Printable.Value(run)}\".",
            path,
            $"Choose one: {string.Join(", ", runs.DefaultIfEmpty("it names none"))}.");

        static string? Run(LogRow row) => row.Values.GetValueOrDefault(RunColumn) is { } name
            ? Convert.ToString(name, System.Globalization.CultureInfo.InvariantCulture) : null;
    }
}
