// llm360 export: stored results as a table that other programs read.
using System.CommandLine;
using System.Globalization;

namespace Llm360.Notebooks.Cli.Commands;

/// <summary><c>llm360 export nano/memorization-6c2897f1be3e -o scores.csv</c></summary>
internal static class ExportCommand
{
    public static Command Create()
    {
        var results = StoredResults.Argument();
        var output = new OutputFile(required: false, "Where to write.", QueryCommand.TableExtensions);
        var csv = new Option<FileInfo?>("--csv") { Description = "The same as -o with a CSV file.", HelpName = "FILE" };
        var parquet = new Option<FileInfo?>("--parquet") { Description = "The same as -o with a Parquet file.", HelpName = "FILE" };
        var command = new Command("export",
            "Write stored results as one table: a row for each row of each cell, with suite, settings, checkpoint and item in columns.")
        {
            results, output.Option, csv, parquet,
        };
        command.Validators.Add(given =>
        {
            if (new[] { output.Option, csv, parquet }.Count(o => given.GetValue(o) is not null) != 1)
                given.AddError("Name one file: -o scores.csv or -o scores.parquet.");
        });
        command.Run("Nothing was changed in the store; run it again.", (parsed, screen, cancellation) =>
        {
            var path = output.Path(parsed) ?? OutputFile.Checked(parsed.GetValue(csv) ?? parsed.GetValue(parquet)!,
                QueryCommand.TableExtensions);
            var stored = StoredResults.Find(parsed.GetValue(results)!);
            if (!new QuerySource(stored).HasRows)
                throw new Llm360Exception($"The results {stored.Name} are arrays, not rows.", stored.Folder,
                    "Read the .safetensors files in the folder, or export another analysis.");
            var view = QueryViews.Identifier(stored.Analysis.Replace('-', '_').ToLowerInvariant());
            var sql = $"select * from {view} where setting = {QueryViews.Literal(stored.Setting)} order by all";
            using var query = ResultQuery.Run(sql, stored.Suite, cancellation: cancellation);
            QueryCommand.Write(query, path);
            screen.Say(string.Create(CultureInfo.InvariantCulture, $"{stored.Cells().Count:N0} cells of {stored.Name}: {path}"));
            return Task.FromResult(0);
        });
        return command;
    }
}
