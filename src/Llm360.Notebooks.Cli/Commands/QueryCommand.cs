// llm360 query: SQL over the results store.
using System.CommandLine;
using System.Globalization;
using Llm360.Notebooks.Cli.Terminal;
using Microsoft.Data.Analysis;

namespace Llm360.Notebooks.Cli.Commands;

/// <summary>
/// <c>llm360 query "select checkpoint, avg(score) from memorization group by all"</c>
/// </summary>
internal static class QueryCommand
{
    private const int ShownRows = 100;

    /// <summary>The file formats of a table.</summary>
    public static readonly string[] TableExtensions = [".csv", ".parquet"];

    public static Command Create()
    {
        var sql = new Argument<string>("sql") { Description = "One SELECT or DESCRIBE, in DuckDB's dialect." };
        var suite = new Option<string?>("--suite", "-s")
        {
            Description = "Only the results of this suite (default: all suites, told apart by the column suite).",
        };
        var csv = new Option<FileInfo?>("--csv") { Description = "Write the rows to a CSV file.", HelpName = "FILE" };
        var parquet = new Option<FileInfo?>("--parquet") { Description = "Write the rows to a Parquet file.", HelpName = "FILE" };
        var chart = new Option<string[]?>("--chart")
        {
            Description = "Draw the rows: line X Y [SERIES], by names of columns. -o names the file.",
            HelpName = "line X Y",
            Arity = new ArgumentArity(3, 4),
            AllowMultipleArgumentsPerToken = true,
        };
        var output = new Option<FileInfo?>("--out", "-o")
        {
            Description = "Write to a file. The extension chooses the form: .csv, .parquet; with --chart .svg, .html.",
            HelpName = "FILE",
        };
        var command = new Command("query",
            "Query the results store with SQL. Each analysis is a view (memorization, evaluation, held_out_loss, attribution_scores) "
            + "with the columns suite, setting, each setting by its name, checkpoint, checkpoint_index, "
            + "the item such as chunk or task, and those of its rows. "
            + "Nothing is computed or changed.")
        {
            sql, suite, csv, parquet, chart, output,
        };
        command.Run("Nothing was changed; run it again.", (parsed, screen, cancellation) =>
        {
            var file = parsed.GetValue(output);
            var drawing = parsed.GetValue(chart) is { Length: > 0 } columns ? new Drawing(columns, file) : null;
            var table = drawing is null && file is not null ? OutputFile.Checked(file, TableExtensions) : null;
            using var query = ResultQuery.Run(parsed.GetValue(sql)!, parsed.GetValue(suite), cancellation: cancellation);
            if (parsed.GetValue(csv) is { } csvFile)
                query.WriteCsv(csvFile.FullName);
            if (parsed.GetValue(parquet) is { } parquetFile)
                query.WriteParquet(parquetFile.FullName);
            if (table is not null)
                Write(query, table);
            drawing?.Write(query.ToDataFrame());
            if (file is null && parsed.GetValue(csv) is null && parsed.GetValue(parquet) is null)
                Show(query.ToDataFrame(), screen);
            return Task.FromResult(0);
        });
        return command;
    }

    /// <summary>Writes all rows in the format of the file's extension.</summary>
    public static void Write(ResultQuery query, string path)
    {
        if (OutputFile.Is(path, TableExtensions[0]))
            query.WriteCsv(path);
        else
            query.WriteParquet(path);
    }

    private static void Show(DataFrame rows, Screen screen)
    {
        var count = (int)rows.Rows.Count;
        screen.Result(string.Create(CultureInfo.InvariantCulture, $"{count:N0} rows"),
            [.. rows.Columns.Select(c => Printable.Value(c.Name))],
            Enumerable.Range(0, Math.Min(count, ShownRows)).Select(i => rows.Columns.Select(c => Text(c[i])).ToList()));
        if (count > ShownRows)
            screen.Warn(string.Create(CultureInfo.InvariantCulture, $"The first {ShownRows} rows are shown. --csv FILE writes all."));
    }

    private static string Text(object? value) => value switch
    {
        null => "",
        double number => number.ToString("G6", CultureInfo.InvariantCulture),
        _ => Printable.Value(Convert.ToString(value, CultureInfo.InvariantCulture)!),
    };

    private sealed class Drawing
    {
        private readonly string[] columns;
        private readonly string file;

        public Drawing(string[] columns, FileInfo? file)
        {
            if (columns[0] != "line")
                throw new Llm360Exception($"\"{columns[0]}\" is not a kind of chart.", "--chart", "Write: --chart line X Y");
            if (file is null)
                throw new Llm360Exception("A chart goes to an .svg or .html file, and none is named.", "--out",
                    "Add for example: -o chart.svg");
            (this.columns, this.file) = (columns, OutputFile.Checked(file, FigureFile.Extensions));
        }

        public void Write(DataFrame rows)
        {
            FigureFile.Write(file, Figures.Line(rows, columns[1], columns[2], columns.ElementAtOrDefault(3)));
        }
    }
}
