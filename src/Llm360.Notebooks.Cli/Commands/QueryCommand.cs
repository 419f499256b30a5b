// llm360 query: SQL over the results store.
using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Text;
using Llm360.Notebooks.Cli.Terminal;
using Microsoft.Data.Analysis;

namespace Llm360.Notebooks.Cli.Commands;

/// <summary><c>llm360 query "select checkpoint, avg(score) from memorization group by
/// all"</c></summary>
internal static class QueryCommand
{
    private const int ShownRows = 100;

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
            Description = "Draw the rows: line X Y [SERIES], by names of columns. --output names the file.",
            HelpName = "line X Y",
            Arity = new ArgumentArity(3, 4),
            AllowMultipleArgumentsPerToken = true,
        };
        var output = new Option<FileInfo?>("--output", "-o") { Description = "With --chart: an .svg or .html file.", HelpName = "FILE" };
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
            var drawing = parsed.GetValue(chart) is { Length: > 0 } columns ? new Drawing(columns, parsed.GetValue(output)) : null;
            if (drawing is null && parsed.GetValue(output) is not null)
                throw new Llm360Exception("--output names the file of a chart, and no chart was asked for.", "--output",
                    "Add --chart line X Y, or use --csv or --parquet.");
            using var query = ResultQuery.Run(parsed.GetValue(sql)!, parsed.GetValue(suite), cancellation: cancellation);
            if (parsed.GetValue(csv) is { } csvFile)
                query.WriteCsv(csvFile.FullName);
            if (parsed.GetValue(parquet) is { } parquetFile)
                query.WriteParquet(parquetFile.FullName);
            drawing?.Write(query.ToDataFrame());
            if (drawing is null && parsed.GetValue(csv) is null && parsed.GetValue(parquet) is null)
                Show(query.ToDataFrame(), screen);
            return Task.FromResult(0);
        });
        return command;
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
        private readonly FileInfo file;

        public Drawing(string[] columns, FileInfo? file)
        {
            if (columns[0] != "line")
                throw new Llm360Exception($"\"{columns[0]}\" is not a kind of chart.", "--chart", "Write: --chart line X Y");
            if (file?.Extension.ToLowerInvariant() is not (".svg" or ".html"))
                throw new Llm360Exception("A chart goes to an .svg or .html file, and none is named.", "--output",
                    "Add for example: --output chart.svg");
            (this.columns, this.file) = (columns, file);
        }

        public void Write(DataFrame rows)
        {
            var figure = Figures.Line(rows, columns[1], columns[2], columns.ElementAtOrDefault(3));
            var isPicture = file.Extension.Equals(".svg", StringComparison.OrdinalIgnoreCase);
            AtomicFile.WriteText(file.FullName, isPicture ? figure.ToSvg() : Page(figure));
        }

        private static string Page(Figure figure) => new StringBuilder()
            .AppendLine(CultureInfo.InvariantCulture, $"<!doctype html><html lang=\"en\"><head>"
                + $"<meta charset=\"utf-8\"><title>{WebUtility.HtmlEncode(figure.Title)}</title></head>")
            .AppendLine(CultureInfo.InvariantCulture, $"<body>{FigureHtml.PlotlyScript}{figure.ToHtml()}</body></html>")
            .ToString();
    }
}
