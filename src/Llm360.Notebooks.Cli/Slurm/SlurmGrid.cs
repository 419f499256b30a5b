// Submits a grid to Slurm: cost, scripts, job arrays.
using System.Diagnostics;
using System.Globalization;
using Llm360.Notebooks.Cli.Commands;
using Llm360.Notebooks.Cli.Terminal;

namespace Llm360.Notebooks.Cli.Slurm;

/// <summary>Submits the cells of a grid that are not in the store.</summary>
internal static class SlurmGrid
{
    /// <summary>Shows the cost, and submits job arrays or shows their scripts.</summary>
    /// <exception cref="Llm360Exception">
    /// Slurm is not available, it refuses the array, or the time of a cell cannot be measured.
    /// </exception>
    public static async Task<int> RunAsync(
        GridSelection of, GridJob job, SlurmRequest request, Screen screen, CancellationToken cancellation)
    {
        if (!request.IsDryRun)
            await SlurmSubmission.RequireAsync(cancellation).ConfigureAwait(false);
        var limits = await SlurmLimits.ReadAsync(cancellation).ConfigureAwait(false);
        var queue = await SlurmQueue.ReadAsync(cancellation).ConfigureAwait(false) ?? new Dictionary<string, string>();
        var (fill, preview) = await PreviewAsync().ConfigureAwait(false);
        var (missing, queued) = WithoutQueued(preview, queue);
        if (missing.Count == 0)
        {
            screen.Say(queued > 0 ? Invariant($"Nothing to submit: {queued:N0} cells are in arrays that wait or run.")
                : of.Options.OnlyFailed ? "Nothing to submit: no cell has failed." : "Nothing to submit: every cell is in the store.");
            return 0;
        }

        var (seconds, source) = await TimeAsync(of, job, preview.Folder, request, screen, cancellation).ConfigureAwait(false);
        (fill, preview) = await PreviewAsync().ConfigureAwait(false); // One cell may have been computed.
        (missing, queued) = WithoutQueued(preview, queue);
        if (missing.Count == 0)
        {
            screen.Say("Nothing to submit: every cell is in the store.");
            return 0;
        }

        var tasks = SlurmPacking.Tasks(missing, seconds, request.TaskMinutes, MaxTasks(request, limits, queue));
        var arrays = SlurmPacking.Arrays(tasks, limits.MaxArraySize);
        screen.Facts($"Cost: {job.Title}",
        [
            ("grid", Invariant($"{preview.Checkpoints.Count} checkpoints x {preview.Items.Count} items")),
            ("setting", job.Setting),
            ("cells", Invariant($"{missing.Count:N0} to compute, {fill.FromStore:N0} in the store") + Queued(queued)),
            ("tokens", job.TokensPerCell is { } tokens ? Invariant($"about {tokens * missing.Count:N0}") : "not counted for this analysis"),
            ("to fetch", preview.BytesToFetch == 0 ? "no checkpoint"
                : $"{(preview.IsEstimate ? "about " : "")}{Downloads.Text(preview.BytesToFetch)} of checkpoints, once into a shared cache"),
            ("time of a cell", Invariant($"{seconds:0.###} s, {source}")),
            ("in all", Invariant($"about {missing.Count * seconds / 3600:0.##} hours, without loading models")),
            ("tasks", Invariant($"{tasks.Count:N0} of about {missing.Count * seconds / 60 / tasks.Count:0.#} minutes")
                + Invariant($", time limit {request.Minutes} minutes, in {arrays.Count} array{(arrays.Count == 1 ? "" : "s")}")),
            ("goes to", preview.Folder),
        ]);
        if (missing.Count * seconds / tasks.Count > request.Minutes * 60)
            screen.Warn("The time limit is shorter than a task: tasks are queued again until they have all their cells.");
        var scripts = arrays.Select(cells => Script(of, job, request, preview.Folder, cells)).ToList();
        if (request.IsDryRun)
        {
            foreach (var script in scripts)
                await Console.Out.WriteAsync(script.Text()).ConfigureAwait(false);
            return 0;
        }

        await SlurmSubmission.SubmitAsync(scripts, preview with { Missing = missing }, of, request, screen, cancellation)
            .ConfigureAwait(false);
        return 0;

        async Task<(GridFill Fill, GridPreview Preview)> PreviewAsync()
        {
            var found = await job.FillAsync(of.Options with { OnlyPreview = true, Cancellation = cancellation }).ConfigureAwait(false);
            return found.Preview is { } known ? (found, known)
                : throw new Llm360Exception("This analysis has no cells to submit.", job.Title, "Run the command without --slurm.");
        }
    }

    // A task can be in the queue for days. Its cells must not be submitted twice.
    private static (IReadOnlyList<long> Missing, int Queued) WithoutQueued(GridPreview preview, IReadOnlyDictionary<string, string> queue)
    {
        var taken = (from array in SubmittedArray.In(preview.Folder)
                     from task in Enumerable.Range(0, array.Tasks.Count)
                     where queue.ContainsKey(array.NameOf(task))
                     from cell in array.CellsOf(task)
                     select cell).ToHashSet();
        List<long> free = taken.Count == 0 ? [.. preview.Missing]
            : [.. preview.Missing.Where(n => !taken.Contains(
                (preview.Checkpoints[(int)(n / preview.Items.Count)], preview.Items[(int)(n % preview.Items.Count)])))];
        return (free, preview.Missing.Count - free.Count);
    }

    private static async Task<(double Seconds, string Source)> TimeAsync(
        GridSelection of, GridJob job, string folder, SlurmRequest request, Screen screen, CancellationToken cancellation)
    {
        if (request.CellSeconds is { } given)
            return (given, "as given");
        var device = of.Options.Device ?? Device.Best;
        if (request.Gpus is not null && device.Kind == Device.Cpu.Kind)
            device = new Device("cuda", 0);
        if (CellTiming.Read(folder, device) is { } known)
            return (known.SecondsPerCell, Invariant($"as an earlier run measured it on {known.Device}"));
        if (device != (of.Options.Device ?? Device.Best))
        {
            throw new Llm360Exception("The time of a cell on a GPU is not known, and this machine has none.", "--gpus",
                "Give it with --cell-seconds, for example from one cell that a job has computed.");
        }

        screen.Say("One cell is computed here to measure its time; it is kept.");
        var start = Stopwatch.GetTimestamp();
        var options = of.Options with { AtMost = 1, WaitForOthers = false, KeepGoing = false };
        var fill = await screen.WatchAsync(progress => Task.Run(
            () => job.FillAsync(options with { Progress = progress, Cancellation = cancellation }), cancellation)).ConfigureAwait(false);
        if (fill.Computed == 0)
        {
            throw new Llm360Exception("No cell could be measured: other workers compute them.", folder,
                "Give the time of a cell with --cell-seconds.");
        }

        var measured = CellTiming.Read(folder, device)?.SecondsPerCell ?? Stopwatch.GetElapsedTime(start).TotalSeconds;
        return (measured, $"measured here on {device}");
    }

    private static int MaxTasks(SlurmRequest request, SlurmLimits limits, IReadOnlyDictionary<string, string> queue)
    {
        var free = limits.MaxJobs is { } jobs ? jobs - queue.Count : int.MaxValue;
        return free > 0 ? Math.Min(free, request.MaxTasks ?? int.MaxValue) : throw new Llm360Exception(
            Invariant($"The queue holds {queue.Count:N0} of your tasks, and the cluster takes at most {limits.MaxJobs:N0}."),
            "scontrol show config", "Wait until tasks have ended.");
    }

    private static SlurmScript Script(
        GridSelection of, GridJob job, SlurmRequest request, string folder, IReadOnlyList<CellRange> cells)
    {
        List<string> arguments = [.. of.Options.Command];
        if (of.Options.OnlyFailed)
            arguments.Add($"{WorkerOptions.RetryName}={WorkerOptions.Failed}");
        if (request.Cpus is { } cpus && !arguments.Any(a => a.StartsWith(Shared.Threads.Name, StringComparison.Ordinal)))
            arguments.Add(Invariant($"{Shared.Threads.Name}={cpus}"));
        return new SlurmScript(
            $"llm360-{of.Suite.Name}",
            $"{job.Title}: {job.Setting}",
            cells,
            KernelProgram.Command,
            arguments,
            Path.Combine(SubmittedArray.FolderOf(folder), "logs"),
            Workspace.Artifacts,
            Environment.CurrentDirectory,
            request);
    }

    private static string Queued(int cells) => cells == 0 ? "" : Invariant($", {cells:N0} in arrays that wait or run");

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
