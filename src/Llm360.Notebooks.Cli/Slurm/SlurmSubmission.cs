// Submits scripts with sbatch, and reports its refusals.
using System.Globalization;
using Llm360.Notebooks.Cli.Commands;
using Llm360.Notebooks.Cli.Terminal;

namespace Llm360.Notebooks.Cli.Slurm;

/// <summary>Submits job arrays.</summary>
internal static class SlurmSubmission
{
    private const string Sbatch = "sbatch";

    /// <summary>Checks that this machine can submit, before anything is computed.</summary>
    /// <exception cref="Llm360Exception">It cannot.</exception>
    public static async Task RequireAsync(CancellationToken cancellation)
    {
        if (await SlurmTool.TryAsync(Sbatch, cancellation, "--version").ConfigureAwait(false) is null)
        {
            throw new Llm360Exception("This machine has no Slurm: sbatch is not on PATH.", "--slurm",
                "Run the command on a login node of the cluster, or add --dry-run to see the script.");
        }
    }

    /// <summary>Submits scripts and records the accepted arrays.</summary>
    /// <exception cref="Llm360Exception">
    /// Slurm refuses a script; the ones before it stay submitted.
    /// </exception>
    public static async Task SubmitAsync(
        IReadOnlyList<SlurmScript> scripts, GridPreview preview, GridSelection of, SlurmRequest request, Screen screen,
        CancellationToken cancellation)
    {
        var accepted = new List<string>();
        var stamp = DateTime.UtcNow.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture);
        foreach (var (number, script) in scripts.Index())
        {
            var path = Path.Combine(SubmittedArray.FolderOf(preview.Folder), $"{stamp}-{number}.sh");
            Directory.CreateDirectory(script.Logs);
            AtomicFile.WriteText(path, script.Text());
            var answer = await SlurmTool.TryAsync(Sbatch, cancellation, "--parsable", path).ConfigureAwait(false);
            var job = answer?.Output.Trim().Split(';')[0] ?? "";
            if (answer is not { ExitCode: 0 } || job.Length == 0 || !job.All(char.IsAsciiDigit))
            {
                File.Delete(path);
                throw await RefusalAsync(answer, accepted, cancellation).ConfigureAwait(false);
            }

            var (first, last) = (script.Tasks[0].First, script.Tasks[^1].Last);
            new SubmittedArray(
                job,
                DateTime.UtcNow,
                preview.Checkpoints,
                preview.Items,
                [.. script.Tasks.Select(t => t.ToString())],
                [.. preview.Missing.Where(n => n >= first && n <= last)],
                of.Options.Command,
                request.Given,
                script.Logs).Save(preview.Folder);
            accepted.Add(job);
        }

        var tasks = scripts.Sum(s => s.Tasks.Count);
        screen.Result($"Submitted: {Arrays(accepted)}, "
            + tasks.ToString("N0", CultureInfo.InvariantCulture) + (tasks == 1 ? " task" : " tasks"));
        screen.Say($"Logs: {scripts[0].Logs}");
        screen.Say($"Look next at: llm360 grid status -s {SlurmScript.Quoted(of.Suite.Name)}");
    }

    private static async Task<Llm360Exception> RefusalAsync(
        SlurmAnswer? answer, List<string> accepted, CancellationToken cancellation)
    {
        var reason = answer is null ? "sbatch is gone" : answer.Reason.Length > 0 ? answer.Reason : "sbatch names no job";
        var isPartition = reason.Contains("invalid partition", StringComparison.OrdinalIgnoreCase);
        var partitions = isPartition
            ? await SlurmTool.LinesAsync("sinfo", cancellation, "--noheader", "--format=%R").ConfigureAwait(false) ?? [] : [];
        var before = accepted.Count == 0 ? "" : $" {Arrays(accepted)} stay submitted; the next submission leaves out their cells.";
        return new Llm360Exception(
            $"Slurm refuses the array: {Printable.Of(reason)}",
            isPartition ? "--partition" : Sbatch,
            (partitions.Count > 0 ? $"The cluster has the partitions {string.Join(", ", partitions.Distinct())}."
                : "Change what Slurm names. --dry-run shows the script.") + before);
    }

    private static string Arrays(List<string> jobs) => $"array{(jobs.Count == 1 ? "" : "s")} {string.Join(", ", jobs)}";
}
