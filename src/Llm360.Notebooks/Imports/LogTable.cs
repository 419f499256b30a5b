// From the rows of a log to a curve for each metric.
namespace Llm360.Notebooks;

/// <summary>Makes curves of rows.</summary>
internal static class LogTable
{
    private const string RunColumn = "run_name";
    private static readonly string[] PositionColumns = ["Step", "step", "_step", "global_step", "custom_step"];

    // What the loggers add to every row.
    private static readonly string[] Others = [.. PositionColumns, RunColumn, "id", "timestamp", "_timestamp", "_runtime"];

    /// <summary>The metrics of a log.</summary>
    /// <param name="rows">At least one.</param>
    /// <param name="path">The file, for errors.</param>
    /// <param name="position">The column with the positions; null finds it.</param>
    /// <param name="run">The run; null where there is one.</param>
    /// <returns>The column with the positions, and the curves.</returns>
    public static (string Position, IReadOnlyList<ImportedCurve> Curves) Curves(IReadOnlyList<LogRow> rows, string path, string? position, string? run)
    {
        rows = OfRun(rows, path, run);
        List<string> names = [.. rows.SelectMany(r => r.Values.Keys).Distinct()];
        position ??= PositionColumns.FirstOrDefault(names.Contains)
            ?? throw new Llm360Exception($"The log has none of the columns {string.Join(", ", PositionColumns)}.", rows[0].Where, $"Name the column of the positions; there are: {string.Join(", ", names)}.");
        if (!names.Contains(position))
            throw new Llm360Exception($"The log has no column \"{Printable.Value(position)}\".", rows[0].Where, $"Choose one of: {string.Join(", ", names)}.");
        List<(double Position, LogRow Row)> placed = [.. rows.Select(r => (r.Values.GetValueOrDefault(position) is double p && double.IsFinite(p) ? p
            : throw new Llm360Exception($"The row has no number in \"{Printable.Value(position)}\".", r.Where, "Export the run again, or name another column of positions."), r)).OrderBy(r => r.Item1)];
        List<ImportedCurve> curves = [.. names.Where(n => n != position && !IsAddition(n)).Select(n => Curve(n, placed)).OfType<ImportedCurve>()];
        return curves.Count > 0 ? (position, curves)
            : throw new Llm360Exception("The log has no column of numbers beside the positions.", path, "Export a run with metrics.");
    }

    private static bool IsAddition(string name) => Others.Contains(name) || name.EndsWith("__MIN", StringComparison.Ordinal) || name.EndsWith("__MAX", StringComparison.Ordinal);

    // A column whose first value is a text holds no metric; a text among numbers is a mistake.
    private static ImportedCurve? Curve(string name, List<(double Position, LogRow Row)> rows)
    {
        List<(double Position, LogRow Row)> known = [.. rows.Where(r => r.Row.Values.ContainsKey(name))];
        if (known[0].Row.Values[name] is string)
            return null;
        double[] values = [.. known.Select(r => r.Row.Values[name] is double number ? number
            : throw new Llm360Exception($"The value of \"{Printable.Value(name)}\" is not a number but \"{Printable.Value((string)r.Row.Values[name])}\".", r.Row.Where, "Correct it, or export the run again."))];
        return new ImportedCurve("", name, [.. known.Select(r => r.Position)], values);
    }

    private static IReadOnlyList<LogRow> OfRun(IReadOnlyList<LogRow> rows, string path, string? run)
    {
        List<string> runs = [.. rows.Select(r => r.Values.GetValueOrDefault(RunColumn)?.ToString()).OfType<string>().Distinct()];
        if (run is null && runs.Count < 2)
            return rows;
        List<LogRow> chosen = [.. rows.Where(r => r.Values.GetValueOrDefault(RunColumn)?.ToString() == run)];
        return run is not null && chosen.Count > 0 ? chosen
            : throw new Llm360Exception(run is null ? $"The log has {runs.Count} runs." : $"The log has no run \"{Printable.Value(run)}\".", path, $"Choose one: {string.Join(", ", runs.DefaultIfEmpty("it names none"))}.");
    }
}
