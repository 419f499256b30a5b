// llm360 reproduce: trains the suite if it is missing, runs every notebook, writes the report.
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Llm360.Notebooks.Cli.Site;
using Llm360.Notebooks.Cli.Terminal;
using Llm360.Notebooks.Kernel.Running;

namespace Llm360.Notebooks.Cli.Commands;

/// <summary><c>llm360 reproduce</c></summary>
internal static class ReproduceCommand
{
    public static Command Create()
    {
        const string what = "nano (the default), pico, a suite that was trained here, or a recipe file ending in .json.";
        var suite = new Option<string?>("--suite", "-s") { Description = $"The suite to train and study: {what}" };
        var named = new Argument<string?>("suite") { Description = $"The same as --suite: {what}", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("reproduce", "The main job: pre-train the suite if it is not there, execute every notebook on it, and "
            + "write a browsable report to site/SUITE/ of the artifacts; site/index.html there lists the reports of all suites. "
            + "Offline; a second run takes what the first has stored.") { named, suite };
        command.Validators.Add(given =>
        {
            if (given.GetValue(suite) is not null && given.GetValue(named) is not null)
                given.AddError("The suite is named twice; name it once.");
        });
        command.Run("Run the same command again: checkpoints and results that are finished are not made again.",
            (parsed, screen, cancellation) => RunAsync(parsed.GetValue(suite) ?? parsed.GetValue(named) ?? "nano", screen, cancellation));
        return command;
    }

    private static async Task<int> RunAsync(string suiteName, Screen screen, CancellationToken cancellation)
    {
        var watch = Stopwatch.StartNew();
        LibTorch.Load();
        var manifest = TrainCommand.RecipeOf(suiteName, screen);
        var notebooks = FindNotebooks();
        var artifacts = Workspace.Artifacts;
        // Each suite has its own folders, so that no report replaces that of another suite.
        var (notebooksRoot, siteRoot) = (Path.Combine(artifacts, "notebooks"), Path.Combine(artifacts, "site"));
        var (executed, site) = (Path.Combine(notebooksRoot, manifest.Name), Path.Combine(siteRoot, manifest.Name));
        AtomicFile.Sweep(notebooksRoot);
        AtomicFile.Sweep(siteRoot);
        screen.Facts("Reproduce",
        [
            ("suite", suiteName),
            ("notebooks", string.Create(CultureInfo.InvariantCulture, $"{notebooks.Count}, from {Path.GetDirectoryName(notebooks[0])}")),
            ("report goes to", Path.Combine(site, "index.html")),
        ]);

        var suite = await TrainCommand.TrainAsync(manifest, screen, cancellation).ConfigureAwait(false);
        RemoveOthers(executed, notebooks);
        var runs = new List<NotebookRun>();
        foreach (var notebook in notebooks)
            runs.Add(await RunNotebookAsync(notebook, executed, suite.Folder, screen, cancellation).ConfigureAwait(false));

        IReadOnlyList<string> log = File.Exists(suite.MetricsPath) ? [suite.MetricsPath] : [];
        using var data = new TemporaryData();
        var result = SiteBuilder.Build(executed, site, new SiteRun(
            suite.Name,
            suite.Parameters.GetValueOrDefault(),
            suite.TrainedTokens.GetValueOrDefault(),
            watch.Elapsed,
            Machine(),
            runs.ToDictionary(r => Path.GetFileName(r.Path), r => new SiteNotebook(
                r.Time, [.. log, .. ReportOrigin.Results(suite.Name, r.Stores, data.Folder, screen, cancellation)])),
            DateTimeOffset.UtcNow,
            ReportOrigin.Of(suite)));
        ReportList.Write(siteRoot);
        foreach (var warning in result.Warnings)
            screen.Warn(warning);
        screen.Rows("Done", ["notebook", "time", "result"], runs.Select(r =>
            new[] { Path.GetFileName(r.Path), Screen.Duration(r.Time), r.Error is null ? "ok" : "failed" }));
        using var process = Process.GetCurrentProcess();
        screen.Facts("Look next at",
        [
            ("report", result.Index),
            ("time", Screen.Duration(watch.Elapsed)),
            ("peak memory", string.Create(CultureInfo.InvariantCulture, $"{process.PeakWorkingSet64 / 1e6:0} MB")),
        ]);
        foreach (var error in runs.Select(r => r.Error).OfType<Llm360Exception>())
            screen.Error(error);
        var check = await CheckCommand.CheckAsync(suite, null, screen, cancellation).ConfigureAwait(false);
        return runs.Any(r => r.Error is not null) || check.Differences.Count > 0 ? Shared.Failed : 0;
    }

    // A notebook that fails does not stop the others. The report shows it with its error.
    private static async Task<NotebookRun> RunNotebookAsync(
        string notebook, string folder, string suite, Screen screen, CancellationToken cancellation)
    {
        var watch = Stopwatch.StartNew();
        var options = new NotebookRunOptions(notebook, Path.Combine(folder, Path.GetFileName(notebook)))
        {
            Parameters = new Dictionary<string, string> { ["suite"] = suite },
        };
        OpenedStores.Take();
        try
        {
            await RunCommand.RunAsync(options, screen, cancellation).ConfigureAwait(false);
            return new NotebookRun(notebook, watch.Elapsed, OpenedStores.Take(), null);
        }
        catch (Llm360Exception e)
        {
            return new NotebookRun(notebook, watch.Elapsed, OpenedStores.Take(), e);
        }
    }

    // The notebooks of the current folder (a checkout, or made by llm360 new), else of the
    // repository.
    private static List<string> FindNotebooks()
    {
        var repository = Workspace.Repository;
        foreach (var root in new[] { Environment.CurrentDirectory, repository }.OfType<string>())
        {
            var folder = Path.Combine(root, NewCommand.NotebooksFolder);
            var found = Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*.ipynb").Order(StringComparer.Ordinal).ToList() : [];
            if (found.Count > 0)
                return found;
        }

        throw new Llm360Exception("There are no notebooks.", Path.Combine(Environment.CurrentDirectory, NewCommand.NotebooksFolder),
            "Run llm360 new FOLDER, and llm360 reproduce in that folder.");
    }

    // Removes notebooks that this checkout no longer has, for example after a renaming.
    private static void RemoveOthers(string executed, List<string> notebooks)
    {
        if (!Directory.Exists(executed))
            return;
        var names = notebooks.Select(Path.GetFileName).ToHashSet();
        foreach (var stale in Directory.EnumerateFiles(executed, "*.ipynb").Where(f => !names.Contains(Path.GetFileName(f))).ToList())
            File.Delete(stale);
    }

    private static string Machine()
    {
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1e9;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{TorchReport.ProcessorName()}, {Environment.ProcessorCount} cores, {memory:0} GB of memory");
    }

    private sealed record NotebookRun(string Path, TimeSpan Time, IReadOnlyList<string> Stores, Llm360Exception? Error);

    /// <summary>A temporary folder for files of the report.</summary>
    private sealed class TemporaryData : IDisposable
    {
        public string Folder { get; } = Directory.CreateTempSubdirectory("llm360-report-").FullName;

        public void Dispose() => Directory.Delete(Folder, recursive: true);
    }
}
