// llm360 check: reads every file of a suite and reports differences from its list.
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Llm360.Notebooks.Cli.Terminal;

namespace Llm360.Notebooks.Cli.Commands;

/// <summary><c>llm360 check nano [ckpt_012]</c></summary>
internal static class CheckCommand
{
    public static Command Create()
    {
        var suite = new Argument<string>("suite") { Description = "A suite that was trained here: its name or folder." };
        var checkpoint = new Argument<string?>("checkpoint")
        {
            Description = "Only this checkpoint: ckpt_012, 12, last, or -1 for the last.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        const string description = "Read every file of a suite and compare its SHA-256 with the list that training wrote. "
            + "Exit code 1 if a file is missing, differs or cannot be checked.";
        var command = new Command("check", description) { suite, checkpoint };
        command.Run("Nothing was changed; run the same command again.", async (parsed, screen, cancellation) =>
        {
            var opened = Open(parsed.GetValue(suite)!);
            var check = await CheckAsync(opened, parsed.GetValue(checkpoint), screen, cancellation).ConfigureAwait(false);
            return check is { HasList: true, Differences.Count: 0 } ? 0 : Shared.Failed;
        });
        return command;
    }

    /// <summary>Checks and shows the result; also the last step of reproduce.</summary>
    public static async Task<SuiteCheck> CheckAsync(Suite suite, string? checkpoint, Screen screen, CancellationToken cancellation)
    {
        var start = Stopwatch.GetTimestamp();
        var check = await screen.WatchAsync(
            progress => SuiteCheck.ContentAsync(suite, checkpoint, new(Progress: progress, Cancellation: cancellation)))
            .ConfigureAwait(false);
        Show(check, screen);
        if (check is { HasList: true, Differences.Count: 0 })
            screen.Facts($"{check.Suite} is as it was written",
            [
                ("read", string.Create(CultureInfo.InvariantCulture, $"{check.Files} files, {check.Bytes / 1e6:N1} MB")),
                ("time", Screen.Duration(Stopwatch.GetElapsedTime(start))),
                ("folder", check.Folder),
            ]);
        return check;
    }

    /// <summary>Reports differences on stderr; writes nothing if there are none.</summary>
    public static void Show(SuiteCheck check, Screen screen)
    {
        if (!check.HasList)
            screen.Warn($"{check.Suite} cannot be checked: it has no {SuiteLayout.Files}. It was trained before there were such lists.");
        if (check.Found > 0)
            screen.Warn($"{check.Found} files are older than the list and were listed as they were found: earlier damage does not show.");
        if (check.Differences.Count == 0)
            return;
        foreach (var difference in check.Differences)
            screen.Warn($"  {difference}");
        screen.Error(check.ToError());
    }

    // A suite whose checkpoints are all missing can be opened, because the list still names them.
    private static Suite Open(string name)
    {
        var folder = File.Exists(Path.Combine(name, SuiteLayout.Manifest)) ? name : Path.Combine(Workspace.SuitesFolder, name);
        var suite = File.Exists(Path.Combine(folder, SuiteLayout.Manifest)) ? Suite.OpenFolder(folder) : Suites.Open(name);
        return suite.Recipe is not null ? suite
            : throw new Llm360Exception(
                $"The suite {suite.Name} was not trained here: there is no list of its files.",
                $"suite {suite.Name}",
                "Name a suite that llm360 train made.");
    }
}
