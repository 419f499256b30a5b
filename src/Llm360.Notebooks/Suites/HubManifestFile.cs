// Reading the manifests of suites on the Hub.
namespace Llm360.Notebooks;

/// <summary>Reads <see cref="HubManifest"/> files.</summary>
public static class HubManifestFile
{
    private const string Example = "data-manifests/hub/amber.json";

    // Of a mistyped range; Amber has 360 checkpoints and K2 more than 500.
    private const int MostCheckpoints = 100_000;

    /// <summary>Reads a manifest.</summary>
    /// <exception cref="Llm360Exception">The file is missing, is not JSON, or has an unknown, missing or misspelt key or a value out of range.</exception>
    public static HubManifest Read(string path)
    {
        var manifest = ManifestJson.Read<HubManifest>(path, Example);
        Check(manifest, path);
        return manifest;
    }

    /// <summary>Checks the values of a manifest: all names come to be files and folders.</summary>
    internal static void Check(HubManifest manifest, string where)
    {
        var (checkpoints, chunks) = (manifest.Checkpoints, manifest.Chunks);
        Require(ManifestJson.IsSafeName(manifest.Name), "name", "must be letters, digits, '-' or '_'");
        Require(manifest is { Parameters: > 0, TrainedTokens: > 0 }, "parameters", "and trainedTokens must be positive");
        Require(new HubLocation(checkpoints.Repository).IsValid, "checkpoints.repository", "must be organisation/name");
        Require(checkpoints.ChunksSeenByFirst is >= 0 and <= MostCheckpoints, "checkpoints.chunksSeenByFirst", $"must be 0 to {MostCheckpoints}");
        Require(checkpoints.Series.All(s => s is { From: >= 0, Step: > 0 } && (s.To ?? s.From) >= s.From), "checkpoints.series", "must go up from a number that is not negative");
        Require(checkpoints.Series.All(s => (long)(s.To ?? s.From) + checkpoints.ChunksSeenByFirst <= int.MaxValue), "checkpoints.chunksSeenByFirst", $"plus the last number must be at most {int.MaxValue}");
        Require(checkpoints.Series.Sum(s => (((long)(s.To ?? s.From) - s.From) / s.Step) + 1) is > 0 and <= MostCheckpoints, "checkpoints.series", $"must hold 1 to {MostCheckpoints} checkpoints");
        Require(checkpoints.Series.All(s => NumberedName.AreValid(s.Name, s.Numbers(), ManifestJson.IsSafeName)), "checkpoints.series.name", "must be a plain name with the number's place, such as ckpt_{0:000}");
        Require(checkpoints.Series.All(s => s.Revision is null || (s.Numbers().Count() == 1 ? NumberedName.IsPattern(s.Revision) && IsRevision(NumberedName.Of(s.Revision, s.From)) : NumberedName.AreValid(s.Revision, s.Numbers(), IsRevision))), "checkpoints.series.revision", "must be a branch, a tag or a commit, of several numbers with the number's place");
        var names = checkpoints.Series.SelectMany(s => s.Numbers().Select(n => NumberedName.Of(s.Name, n))).ToList();
        Require(names.Distinct(StringComparer.OrdinalIgnoreCase).Count() == names.Count, "checkpoints.series.name", "must give each checkpoint a name of its own");
        var numbers = checkpoints.Series.SelectMany(s => s.Numbers()).ToList();
        Require(numbers.Zip(numbers.Skip(1)).All(p => p.First < p.Second), "checkpoints.series", "must be in the order of training, each number once");
        if (chunks is null)
            return;
        Require(chunks.Count is > 0 and <= MostCheckpoints, "chunks.count", $"must be 1 to {MostCheckpoints}");
        Require(NumberedName.AreValid(chunks.Name, Enumerable.Range(0, chunks.Count), ManifestJson.IsSafeName), "chunks.name", "must be a plain name with the number's place, such as train_{0:000}");
        Require(NumberedName.AreValid(chunks.Path, Enumerable.Range(0, chunks.Count), path => new HubLocation(chunks.Repository, chunks.Revision, path, IsDataset: true).IsValid), "chunks", "must have a repository organisation/name, a revision, and a path with the number's place, such as train/train_{0:000}.jsonl");

        bool IsRevision(string name) => new HubLocation(checkpoints.Repository, name).IsValid;

        void Require(bool holds, string key, string rule)
        {
            if (!holds)
                throw ManifestJson.Wrong(key, rule, where, Example);
        }
    }
}
