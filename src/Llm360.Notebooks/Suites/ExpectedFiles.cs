// The files that training should have written so far, according to the recipe.
namespace Llm360.Notebooks;

/// <summary>The files of a suite according to its recipe.</summary>
internal static class ExpectedFiles
{
    /// <summary>
    /// The files according to the recipe up to the last checkpoint, with '/', relative to the
    /// suite's folder.
    /// </summary>
    /// <param name="manifest">The recipe.</param>
    /// <param name="folder">The suite's folder.</param>
    /// <param name="list">The suite's list; null if there is none.</param>
    public static IEnumerable<string> Of(SuiteRecipe manifest, string folder, SuiteFiles? list)
    {
        IEnumerable<string> corpus = [SuiteLayout.Manifest, .. SuiteLayout.CorpusFiles(manifest)];
        if (Last(folder, list) is not { } last)
            return corpus;
        var states = manifest.Training.OptimizerStates.Where(k => k < last).Append(last).Distinct().Select(SuiteLayout.OptimizerFile);
        IEnumerable<string> log = last > 0 ? [SuiteLayout.Metrics] : [];
        return [.. corpus, .. Enumerable.Range(0, last + 1).SelectMany(SuiteLayout.CheckpointFiles), .. states, .. log];
    }

    /// <summary>
    /// The last checkpoint in the list or, without a list, the last one with weights; null if there
    /// is none.
    /// </summary>
    public static int? Last(string folder, SuiteFiles? list) => list is not null ? list.LastCheckpoint
        : OnDisk(folder).Where(k => File.Exists(Path.Combine(folder, SuiteLayout.Checkpoint(k), SuiteLayout.Weights)))
            .Select(k => (int?)k).Max();

    /// <summary>
    /// The numbers of the checkpoints' folders, whatever they contain, in ascending order.
    /// </summary>
    public static IReadOnlyList<int> OnDisk(string folder) => Directory.Exists(folder)
        ? [.. Directory.EnumerateDirectories(folder, "ckpt_*")
            .Select(path => SuiteLayout.CheckpointNumber(Path.GetFileName(path))).OfType<int>().Order()]
        : [];

    /// <summary>
    /// The number of a checkpoint that training has reached, also if its files are missing.
    /// </summary>
    /// <param name="manifest">The recipe.</param>
    /// <param name="folder">The suite's folder.</param>
    /// <param name="name"><c>ckpt_012</c>, <c>12</c>, <c>last</c> or <c>-1</c>.</param>
    /// <exception cref="Llm360Exception">There is no such checkpoint.</exception>
    public static int Number(SuiteRecipe manifest, string folder, string name)
    {
        var last = Last(folder, SuiteFiles.Read(folder)) ?? -1;
        return ItemName.Find([.. Enumerable.Range(0, last + 1)], name, SuiteLayout.Checkpoint, k => k) is { } number ? number
            : throw new Llm360Exception(
                $"Suite {manifest.Name} has no checkpoint \"{name}\".",
                folder,
                last < 0 ? $"Run: llm360 train {manifest.Name}"
                    : $"Choose from {SuiteLayout.Checkpoint(0)} to {SuiteLayout.Checkpoint(last)}.");
    }
}
