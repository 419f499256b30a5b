// llm360 list: lists the suites, or the parts of one suite.
using System.CommandLine;
using System.Globalization;
using Llm360.Notebooks.Cli.Terminal;

namespace Llm360.Notebooks.Cli.Commands;

/// <summary><c>llm360 list</c>, <c>llm360 list nano</c></summary>
internal static class ListCommand
{
    // If the checkpoints do not fit on a screen, only the first and the last are shown.
    private const int MostCheckpoints = 40, ShownEnds = 5;

    public static Command Create()
    {
        var suite = new Argument<string?>("suite")
        {
            Description = "A suite's name or folder: show its checkpoints, chunks and stored results.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var command = new Command("list", "Show the suites that are trained here or known, or the checkpoints, chunks and stored "
            + "results of one.") { suite };
        command.Run("Nothing was changed; run it again.", (parsed, screen, _) =>
        {
            if (parsed.GetValue(suite) is { } name)
                ShowSuite(screen, Suites.Open(name));
            else
                ShowAll(screen);
            return Task.FromResult(0);
        });
        return command;
    }

    private static void ShowAll(Screen screen)
    {
        var results = StoreCatalog.Read(Workspace.ResultsFolder).ToLookup(a => a.Suite);
        screen.Result("Suites", ["name", "where", "results", "description"], Suites.List()
            .OrderByDescending(s => s is { IsPublished: false, CanOpen: true }).ThenBy(s => s.IsPublished)
                .ThenBy(s => s.Name, StringComparer.Ordinal)
            .Select(s => new[] { s.Name, Where(s), results[s.Name].Count().ToString(CultureInfo.InvariantCulture),
                FirstSentence(s.Description) }));
        screen.Say("llm360 list SUITE shows checkpoints, chunks and results. Any model on the Hugging Face Hub is named "
            + "organisation/name@revision.");
    }

    private static string Where(SuiteEntry suite) => suite switch
    {
        { IsPublished: true } => "on the Hub",
        { CanOpen: true } => "trained here",
        _ => $"not trained: llm360 train {suite.Name}",
    };

    private static string FirstSentence(string text) => text.IndexOf(". ", StringComparison.Ordinal) is var end and > 0
        ? text[..(end + 1)] : text;

    private static void ShowSuite(Screen screen, Suite suite)
    {
        screen.Facts($"The suite {suite.Name}",
        [
            ("what", suite.Description),
            ("parameters", suite.Parameters?.ToString("N0", CultureInfo.InvariantCulture) ?? "unknown"),
            ("checkpoints", Span(suite.Checkpoints, suite.PromisedCheckpoints)),
            ("chunks", Span(suite.Chunks, suite.Chunks.Count)),
            (suite.Repository is null ? "folder" : "on the Hub", suite.Repository ?? suite.Folder),
        ]);
        screen.Result("Checkpoints", ["name", "tokens seen", "learning rate", "optimizer", "size here"], Shown(suite.Checkpoints));
        var results = StoreCatalog.Read(Workspace.ResultsFolder, suite.Name).Select(StoreUsage.Of).ToList();
        if (results.Count == 0)
            screen.Result($"The store holds no results of {suite.Name}.");
        else
            screen.Result("Stored results", ResultsCommand.Columns, results.Select(ResultsCommand.Row));
    }

    private static IEnumerable<string[]> Shown(IReadOnlyList<Checkpoint> checkpoints) => checkpoints.Count <= MostCheckpoints
        ? checkpoints.Select(Row)
        : [.. checkpoints.Take(ShownEnds).Select(Row), ["...", "", "", "", ""], .. checkpoints.TakeLast(ShownEnds).Select(Row)];

    private static string[] Row(Checkpoint checkpoint) =>
    [
        checkpoint.Name,
        checkpoint.TokensSeen?.ToString("N0", CultureInfo.InvariantCulture) ?? "",
        checkpoint.LearningRate is 0 ? "0" : checkpoint.LearningRate?.ToString("0.###e+0", CultureInfo.InvariantCulture) ?? "",
        checkpoint.OptimizerPath is null ? "" : "yes",
        Directory.Exists(checkpoint.Folder) ? Downloads.Text(new DirectoryInfo(checkpoint.Folder)
            .EnumerateFiles("*", SearchOption.AllDirectories).Sum(f => f.Length)) : "",
    ];

    private static string Span<T>(IReadOnlyList<T> items, int promised) => items.Count == 0 ? "none"
        : string.Create(CultureInfo.InvariantCulture, $"{items.Count:N0}{(items.Count < promised ? $" of {promised:N0}" : "")}: "
            + $"{items[0]} to {items[^1]}");
}
