// Checks of the values in a published suite's manifest.
namespace Llm360.Notebooks;

/// <summary>
/// Checks the manifest of a published suite, because its names become files and folders.
/// </summary>
internal static class PublishedCheck
{
    private const string Example = "data-manifests/suites/amber.json";

    // Larger numbers are errors: Amber has 360 checkpoints and K2 more than 500.
    private const int MostCheckpoints = 100_000;

    /// <summary>Checks the values.</summary>
    public static void Require(SuiteManifest manifest, string where)
    {
        var (checkpoints, chunks) = (manifest.Checkpoints!, manifest.Chunks);
        Need(ManifestJson.IsSafeName(manifest.Name), "name", "must be letters, digits, '-' or '_'");
        Need(
            manifest is { Parameters: > 0, TrainedTokens: null or > 0 },
            "parameters",
            "must be given and positive, and trainedTokens positive");
        Need(new HubLocation(checkpoints.Repository).IsValid, "checkpoints.repository", "must be organisation/name");
        Need(
            checkpoints.Optimizer is null || ManifestJson.IsSafeName(checkpoints.Optimizer),
            "checkpoints.optimizer",
            "must be a plain file name");
        Need(
            checkpoints.OptimizerRepository is null || new HubLocation(checkpoints.OptimizerRepository).IsValid,
            "checkpoints.optimizerRepository",
            "must be organisation/name");
        Need(
            checkpoints.ChunksSeenByFirst is >= 0 and <= MostCheckpoints,
            "checkpoints.chunksSeenByFirst",
            $"must be 0 to {MostCheckpoints}");
        Need(
            checkpoints.Series.All(s => s is { From: >= 0, Step: > 0 } && (s.To ?? s.From) >= s.From),
            "checkpoints.series",
            "must go up from a number that is not negative");
        Need(
            checkpoints.Series.All(s => (long)(s.To ?? s.From) + checkpoints.ChunksSeenByFirst <= int.MaxValue),
            "checkpoints.chunksSeenByFirst",
            $"plus the last number must be at most {int.MaxValue}");
        Need(
            checkpoints.Series.All(s => s.IndexOffset >= 0 && (long)(s.To ?? s.From) + s.IndexOffset <= int.MaxValue),
            "checkpoints.series.indexOffset",
            $"must not be negative, and with the last number at most {int.MaxValue}");
        Need(
            checkpoints.Series.Sum(s => (((long)(s.To ?? s.From) - s.From) / s.Step) + 1) is > 0 and <= MostCheckpoints,
            "checkpoints.series",
            $"must hold 1 to {MostCheckpoints} checkpoints");
        Need(
            checkpoints.Series.All(s => NumberedName.AreValid(s.Name, s.Numbers(), ManifestJson.IsSafeName)),
            "checkpoints.series.name",
            "must be a plain name with the number's place, such as ckpt_{0:000}");
        Need(
            checkpoints.Series.All(AreRevisions),
            "checkpoints.series.revision",
            "must be a branch, a tag or a commit, of several numbers with the number's place");
        var names = checkpoints.Series.SelectMany(s => s.Numbers().Select(n => NumberedName.Of(s.Name, n))).ToList();
        Need(
            names.Distinct(StringComparer.OrdinalIgnoreCase).Count() == names.Count,
            "checkpoints.series.name",
            "must give each checkpoint a name of its own");
        var numbers = checkpoints.Series.SelectMany(s => s.Numbers().Select(n => n + s.IndexOffset)).ToList();
        Need(
            numbers.Zip(numbers.Skip(1)).All(p => p.First < p.Second),
            "checkpoints.series",
            "must be in the order of training, each number once");
        PhaseCheck.Require(manifest, where, Example);
        if (chunks is null)
            return;
        Need(chunks.Count is > 0 and <= MostCheckpoints, "chunks.count", $"must be 1 to {MostCheckpoints}");
        Need(
            NumberedName.AreValid(chunks.Name, Enumerable.Range(0, chunks.Count), ManifestJson.IsSafeName),
            "chunks.name",
            "must be a plain name with the number's place, such as train_{0:000}");
        Need(
            NumberedName.AreValid(chunks.Path, Enumerable.Range(0, chunks.Count), IsChunkPath),
            "chunks",
            "must have a repository organisation/name, a revision, and a path with the number's place, "
                + "such as train/train_{0:000}.jsonl");

        bool AreRevisions(CheckpointSeries s) => s.Revision is null || (s.Numbers().Count() == 1
            ? NumberedName.IsPattern(s.Revision) && IsRevision(NumberedName.Of(s.Revision, s.From))
            : NumberedName.AreValid(s.Revision, s.Numbers(), IsRevision));

        bool IsChunkPath(string path) => new HubLocation(chunks.Repository, chunks.Revision, path, IsDataset: true).IsValid;

        bool IsRevision(string name) => new HubLocation(checkpoints.Repository, name).IsValid;

        void Need(bool holds, string key, string rule)
        {
            if (!holds)
                throw ManifestJson.Wrong(key, rule, where, Example);
        }
    }
}
