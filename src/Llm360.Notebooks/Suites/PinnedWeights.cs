// Compares a suite's checkpoints bit for bit with the hashes in its manifest.
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Llm360.Notebooks;

/// <summary>The result of comparing the weights of a suite with its manifest.</summary>
/// <param name="Equal">Number of checkpoints that have the manifest's hash.</param>
/// <param name="Checkpoints">Number of checkpoints in the manifest.</param>
/// <param name="FirstDifferent">The first with a different hash; null if there is none.</param>
public sealed record PinnedWeights(int Equal, int Checkpoints, string? FirstDifferent)
{
    /// <summary>
    /// Compares the hashes that training recorded with those of the suite's manifest. No weights
    /// are read.
    /// </summary>
    /// <param name="suite">A suite that was trained here.</param>
    /// <returns>
    /// Null if the manifest names no weights, or the suite has no list of files.
    /// </returns>
    /// <exception cref="Llm360Exception">
    /// The suite was not trained here, or its list cannot be read.
    /// </exception>
    public static PinnedWeights? Compare(Suite suite)
    {
        ArgumentNullException.ThrowIfNull(suite);
        if (suite.RequireRecipe().Weights is not { } pinned || SuiteFiles.Read(suite.Folder) is not { } list)
            return null;
        var hashes = Hashes(list);
        var trained = pinned.Index().Where(p => hashes.ContainsKey(PathOf(p.Index)))
            .Select(p => (Name: SuiteLayout.Checkpoint(p.Index), IsEqual: hashes[PathOf(p.Index)] == p.Item)).ToList();
        return new(trained.Count(c => c.IsEqual), pinned.Count, trained.FirstOrDefault(c => !c.IsEqual).Name);
    }

    /// <summary>
    /// In words, for example <c>37 of 37 checkpoints are bit for bit those of the manifest</c>. For
    /// a difference, it names the first checkpoint and this machine.
    /// </summary>
    public override string ToString() => $"{Equal} of {Checkpoints} checkpoints are bit for bit those of the manifest"
        + (FirstDifferent is null ? "" : $"; {FirstDifferent} is the first that differs ({Machine})");

    /// <summary>
    /// The hashes of a suite's weights in its list of files, from <c>ckpt_000</c> on.
    /// </summary>
    internal static IReadOnlyList<string> Of(Suite suite)
    {
        var hashes = Hashes(SuiteFiles.Read(suite.Folder)!);
        return [.. Enumerable.Range(0, suite.RequireRecipe().Corpus.Chunks + 1).Select(i => hashes[PathOf(i)])];
    }

    private static Dictionary<string, string> Hashes(SuiteFiles list) => list.Files.ToDictionary(f => f.Path, f => f.Sha256);

    private static string Machine
    {
        get
        {
            var vectors = Avx512F.IsSupported ? "AVX-512" : Avx2.IsSupported ? "AVX2" : "no AVX2";
            return $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}, {vectors}, .NET {Environment.Version}";
        }
    }

    private static string PathOf(int checkpoint) => $"{SuiteLayout.Checkpoint(checkpoint)}/{SuiteLayout.Weights}";
}
