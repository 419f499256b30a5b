// The remedy for lost or damaged files of a suite, and its cost.
namespace Llm360.Notebooks;

/// <summary>Advice on lost or damaged files.</summary>
internal static class SuiteRemedy
{
    /// <summary>What to do about differences; empty if there are none.</summary>
    public static string Of(SuiteRecipe manifest, string folder, IReadOnlyList<FileDifference> differences)
    {
        if (differences.Count == 0)
            return "";
        var lost = differences.Where(d => d.State != FileState.NotListed).ToList();
        var isFinished = ExpectedFiles.Last(folder, SuiteFiles.Read(folder)) == manifest.Corpus.Chunks;
        var copies = lost.Count < differences.Count ? $"each file, and of {SuiteLayout.Files}," : "each file";
        var advice = new List<string> { $"Put back a copy of {copies} if there is one." };
        if (lost.Exists(d => IsCorpus(d.Path)))
            advice.Add($"Take damaged data files away and run llm360 train {manifest.Name}: the recipe's packages give them again.");
        if (lost.Exists(d => IsCopied(d.Path)))
            advice.Add($"Copy {SuiteLayout.Config} and the tokenizer from another checkpoint of the suite: they are the same in all.");
        if (lost.Exists(d => d.Path == SuiteLayout.Metrics))
            advice.Add(!isFinished ? $"Or take {SuiteLayout.Metrics} away: training resumes and marks the lost steps in the log."
                : $"Only a training from the beginning makes {SuiteLayout.Metrics} again (llm360 train {manifest.Name} --restart); "
                    + "checkpoints and grids do not need it.");
        if (differences.Where(d => IsTrained(d.Path)).Min(d => d.Checkpoint) is { } first)
            advice.Add(Training(manifest, folder, first));
        return string.Join(" ", advice);
    }

    /// <summary>How to train a lost checkpoint again.</summary>
    public static string Training(SuiteRecipe manifest, string folder, int lost)
    {
        var (start, chunks) = (StartBefore(manifest, folder, lost), manifest.Corpus.Chunks);
        return start is > 0 and var from
            ? $"Or run llm360 train {manifest.Name} --restart {from}: it trains {chunks - from} of {chunks} chunks again."
            : $"Or run llm360 train {manifest.Name} --restart: it trains all {chunks} chunks again.";
    }

    // The nearest earlier checkpoint from which training can continue; compares only sizes.
    private static int? StartBefore(SuiteRecipe manifest, string folder, int lost)
    {
        var list = SuiteFiles.Read(folder)?.Files.ToDictionary(f => f.Path, f => f.Size);
        return Enumerable.Range(0, Math.Min(lost, manifest.Corpus.Chunks)).Reverse()
            .Where(k => SuiteLayout.CheckpointFiles(k).Append(SuiteLayout.OptimizerFile(k)).All(IsThere))
            .Select(k => (int?)k).FirstOrDefault();

        bool IsThere(string path) => FileMeasure.Size(Path.Combine(folder, path)) is { } size
            && (list is null || (list.TryGetValue(path, out var listed) && listed == size));
    }

    private static bool IsCorpus(string path) =>
        path is SuiteLayout.Validation or SuiteLayout.Canaries || path.StartsWith($"{SuiteLayout.Train}/", StringComparison.Ordinal);

    private static bool IsCopied(string path) =>
        Path.GetFileName(path) is SuiteLayout.Config or SuiteLayout.Tokenizer or SuiteLayout.TokenizerConfig;

    private static bool IsTrained(string path) =>
        path.EndsWith('/') || Path.GetFileName(path) is SuiteLayout.Weights or SuiteLayout.Optimizer;
}
