// Evaluations beside published checkpoints on the Hub, such as those of Amber.
namespace Llm360.Notebooks;

public static partial class Imports
{
    /// <summary>
    /// The evaluation results beside the checkpoints of a published suite: Amber has
    /// <c>eval_*.json</c> in each revision.
    /// </summary>
    /// <remarks>
    /// Only these small files are fetched; they stay in the cache. Checkpoints without such a file
    /// are skipped.
    /// </remarks>
    /// <param name="suite">A suite on the Hub.</param>
    /// <param name="checkpoints">All of the suite's when null.</param>
    /// <param name="cancellation"><see cref="AmbientWork.Cancellation"/> when not given.</param>
    /// <exception cref="Llm360Exception">
    /// There are no such files, they exceed the download limit (<see cref="Downloads.Limit"/>), the
    /// Hub cannot be reached, or a file is of another version.
    /// </exception>
    public static async Task<ImportedCurves> EvaluationsAsync(
        Suite suite, IReadOnlyList<Checkpoint>? checkpoints = null, CancellationToken? cancellation = null)
    {
        ArgumentNullException.ThrowIfNull(suite);
        var stop = cancellation ?? AmbientWork.Cancellation;
        List<Checkpoint> asked = [.. (checkpoints ?? suite.Checkpoints).Where(c => c.Hub is not null)];
        using var hub = new HubClient();
        List<(Checkpoint Checkpoint, HubRevision Revision, IReadOnlyList<HubEntry> Files)> found = [];
        foreach (var (i, checkpoint) in asked.Index())
        {
            var revision = await hub.ResolveAsync(checkpoint.Hub!, stop).ConfigureAwait(false);
            List<HubEntry> files = [.. (await revision.ListAsync(stop).ConfigureAwait(false)).Where(f => IsEvaluation(f.Path))];
            if (files.Count > 0)
                found.Add((checkpoint, revision, files));
            AmbientWork.Progress?.Report(new WorkProgress("list evaluations", i + 1, asked.Count, "checkpoints", checkpoint.Name));
        }

        if (found.Count == 0)
        {
            throw new Llm360Exception(
                $"No checkpoint of {suite.Name} that was asked for has an evaluation beside it.",
                suite.Repository ?? suite.Folder,
                "Choose a suite such as amber, or import files: Imports.LmEval(FOLDER).");
        }

        // All together, so that the download is refused before the first byte.
        var missing = found.Sum(f => f.Revision.Missing(f.Files));
        Downloads.Current.Require(missing, $"The evaluations of {found.Count} checkpoints need", suite.Repository!);
        var (all, results) = (found.Sum(f => f.Files.Count), new List<(double Position, LmEvalResults Results)>());
        foreach (var (checkpoint, revision, files) in found)
        {
            var folder = await revision.DownloadAsync(files, cancellation: stop).ConfigureAwait(false);
            foreach (var file in files)
                results.Add((checkpoint.RequireIndex(), LmEvalResults.Read(Path.Combine(folder, file.Path))));
            AmbientWork.Progress?.Report(new WorkProgress("fetch evaluations", results.Count, all, "files", checkpoint.Name));
        }

        return OfResults(suite.Name, results);
    }

    private static bool IsEvaluation(string path) =>
        path.StartsWith("eval_", StringComparison.Ordinal) && path.EndsWith(".json", StringComparison.Ordinal);
}
