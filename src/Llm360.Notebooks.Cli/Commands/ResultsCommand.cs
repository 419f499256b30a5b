// llm360 results: lists the results store, and removes an analysis from it.
using System.CommandLine;
using System.Globalization;
using Llm360.Notebooks.Cli.Terminal;

namespace Llm360.Notebooks.Cli.Commands;

/// <summary>
/// <c>llm360 results list</c>, <c>llm360 results show nano/memorization-6c2897f1be3e</c>,
/// <c>llm360 results rm nano/memorization-6c2897f1be3e --yes</c>
/// </summary>
internal static class ResultsCommand
{
    private const string NoResults = "The store holds no results.";

    /// <summary>The columns of <see cref="Row"/>.</summary>
    public static readonly string[] Columns = ["name", "settings", "cells", "size", "stale", "age"];

    public static Command Create() =>
        new("results", "Show what the results store holds, or remove an analysis from it.") { List(), Show(), Remove() };

    private static Command List()
    {
        var suite = new Option<string?>("--suite", "-s") { Description = "Only this suite." };
        var command = new Command("list", "List the analyses with their settings, cells, size and age.") { suite };
        command.Run("Nothing was changed; run it again.", (parsed, screen, _) =>
        {
            var found = StoreCatalog.Read(Workspace.ResultsFolder, parsed.GetValue(suite)).Select(StoreUsage.Of).ToList();
            if (found.Count == 0)
                screen.Say($"{NoResults} {StoredResults.Compute}");
            else
                screen.Result(Workspace.ResultsFolder, Columns, found.Select(Row));
            return Task.FromResult(0);
        });
        return command;
    }

    private static Command Show()
    {
        var name = StoredResults.Argument();
        var command = new Command("show", "Show the settings, checkpoints and items of an analysis.") { name };
        command.Run("Nothing was changed; run it again.", (parsed, screen, _) =>
        {
            var usage = StoreUsage.Of(StoredResults.Find(parsed.GetValue(name)!));
            foreach (var (fact, value) in Facts(usage))
                screen.Result($"{fact}: {value}");
            return Task.FromResult(0);
        });
        return command;
    }

    private static Command Remove()
    {
        var name = StoredResults.Argument();
        var command = new Command("rm",
            "Delete the cells of an analysis in one setting, with its stale cells. Without --yes it says what would be lost and "
                + "deletes nothing.") { name };
        command.Run("Run it again: what is left is deleted then.", (parsed, screen, _) =>
        {
            var usage = StoreUsage.Of(StoredResults.Find(parsed.GetValue(name)!, whole: true));
            var loss = string.Create(CultureInfo.InvariantCulture,
                $"{usage.Cells.Count:N0} cells and {usage.StaleCells:N0} stale cells, "
                    + $"{Downloads.Text(usage.Bytes + usage.StaleBytes)}; computing the cells took about {Time(usage.ComputeTime)}");
            if (!parsed.GetValue(Shared.Yes))
            {
                throw new Llm360Exception($"Nothing was deleted. The command would delete {loss}.", usage.Analysis.Folder,
                    $"To delete them: llm360 results rm {usage.Analysis.Name} --yes");
            }

            usage.Remove();
            screen.Say($"Deleted {usage.Analysis.Name}: {loss}.");
            return Task.FromResult(0);
        });
        return command;
    }

    /// <summary>Name, settings, cells, size and age.</summary>
    public static List<string> Row(StoreUsage usage) =>
    [
        usage.Analysis.Name,
        usage.Analysis.SettingsText,
        usage.Cells.Count.ToString("N0", CultureInfo.InvariantCulture),
        Downloads.Text(usage.Bytes),
        usage.StaleCells.ToString("N0", CultureInfo.InvariantCulture),
        usage.Newest is { } newest ? Time(DateTime.UtcNow - newest) : "",
    ];

    private static IEnumerable<(string Fact, string Value)> Facts(StoreUsage usage)
    {
        yield return ("folder", usage.Analysis.Folder);
        foreach (var (name, value) in usage.Analysis.FlatSettings())
            yield return (name, value?.ToString() ?? "none");
        yield return ("checkpoints", Names(usage.Cells.Select(c => c.Checkpoint)));
        foreach (var axis in usage.Cells.GroupBy(c => c.Axis))
            yield return ($"{axis.Key} items", Names(axis.Select(c => c.Key)));
        yield return ("cells", string.Create(CultureInfo.InvariantCulture, $"{usage.Cells.Count:N0}, {Downloads.Text(usage.Bytes)}"));
        yield return ("stale cells",
            string.Create(CultureInfo.InvariantCulture, $"{usage.StaleCells:N0}, {Downloads.Text(usage.StaleBytes)}"));
        if (usage is { Oldest: { } oldest, Newest: { } newest })
            yield return ("written",
                string.Create(CultureInfo.InvariantCulture, $"{oldest:u} to {newest:u}, in about {Time(usage.ComputeTime)} of computing"));
    }

    private static string Names(IEnumerable<string> names)
    {
        var all = names.Distinct().ToList();
        return all.Count switch
        {
            0 => "none",
            <= 8 => string.Join(", ", all),
            var count => string.Create(CultureInfo.InvariantCulture, $"{count:N0}, {all[0]} to {all[^1]}"),
        };
    }

    private static string Time(TimeSpan time) => time switch
    {
        { TotalDays: >= 2 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalDays:0} days"),
        { TotalHours: >= 2 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalHours:0} hours"),
        _ => Screen.Duration(time < TimeSpan.Zero ? TimeSpan.Zero : time),
    };
}
