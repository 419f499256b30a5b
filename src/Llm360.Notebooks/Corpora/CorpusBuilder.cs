// Builds a suite's chunks, held-out sequences and canaries from its manifest, and verifies them.
using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Llm360.Notebooks;

/// <summary>Builds the corpus of a suite.</summary>
/// <remarks>
/// The same manifest gives the same bytes on every machine. Files are complete or absent, and
/// <c>suite.json</c> is written last. A stopped build can be run again. A finished one is
/// recognised and left unchanged.
/// </remarks>
public static class CorpusBuilder
{
    /// <summary>
    /// Writes <c>train/train_NNN.jsonl</c>, <c>validation.jsonl</c>, <c>canaries.json</c> and
    /// <c>suite.json</c> (the manifest with its counts).
    /// </summary>
    /// <param name="manifest">The suite.</param>
    /// <param name="folder">The suite's folder; created if it does not exist.</param>
    /// <param name="run">Progress, in files and passes, and cancellation between files.</param>
    /// <returns>The counts of the corpus.</returns>
    /// <exception cref="Llm360Exception">
    /// A package is missing or not the pinned one, a source has too little text, the counts differ
    /// from <see cref="SuiteRecipe.Expected"/>, or the folder holds checkpoints of another recipe.
    /// </exception>
    public static CorpusCounts Build(SuiteRecipe manifest, string folder, RunOptions? run = null) =>
        Build(manifest, folder, null, run);

    /// <summary>
    /// The counts that <see cref="Build(SuiteRecipe, string, RunOptions)"/> would return. Nothing
    /// is written or compared.
    /// </summary>
    /// <exception cref="Llm360Exception">
    /// A package is missing or not the pinned one, or a source has too little text.
    /// </exception>
    public static CorpusCounts Measure(SuiteRecipe manifest, RunOptions? run = null) =>
        Produce(manifest.Corpus, null, (_, _) => { }, run);

    /// <summary>
    /// The manifest with the hashes of this machine's packages and the counts of their text. Use it
    /// after a recipe was changed on purpose.
    /// </summary>
    /// <exception cref="Llm360Exception">
    /// A package is missing, or a source has too little text.
    /// </exception>
    public static SuiteRecipe Pin(SuiteRecipe manifest, RunOptions? run = null)
    {
        CorpusSource Hashed(CorpusSource source) =>
            source with { Packages = [.. source.Packages.Select(p => p with { Sha256 = CorpusPackages.Hash(p) })] };

        var sources = manifest.Corpus.Sources.Select(Hashed);
        var pinned = manifest with { Corpus = manifest.Corpus with { Sources = [.. sources] } };
        return pinned with { Expected = Measure(pinned, run) };
    }

    /// <inheritdoc cref="Build(SuiteRecipe, string, RunOptions)"/>
    internal static CorpusCounts Build(SuiteRecipe manifest, string folder, IReadOnlyList<string>? roots, RunOptions? run)
    {
        folder = Path.GetFullPath(folder);
        var marker = Path.Combine(folder, SuiteLayout.Manifest);
        var former = File.Exists(marker) ? ManifestFile.ReadRecipe(marker) : null;
        var same = former is not null && ManifestFile.Identity(former) == ManifestFile.Identity(manifest);
        if (same && former!.Expected is { } counts && HashFiles(manifest.Corpus, folder) == counts.Sha256)
        {
            Compare(manifest, counts);
            return counts;
        }

        if (!same && Directory.Exists(folder) && Directory.EnumerateDirectories(folder, "ckpt_*").Any())
        {
            throw new Llm360Exception(
                $"The folder holds checkpoints that were trained with another recipe than this manifest of \"{manifest.Name}\".",
                folder, "Name another folder, or delete this one to train anew.");
        }

        // A repair must restore the earlier corpus, because checkpoints have been trained on it.
        manifest = same && manifest.Expected is null ? manifest with { Expected = former!.Expected } : manifest;
        // From here to the end the folder is not a suite, unless this only repairs damage to the
        // same suite.
        if (former is not null && !same)
            File.Delete(marker);
        counts = Produce(manifest.Corpus, roots, Write, run);
        foreach (var chunk in Directory.EnumerateFiles(Path.Combine(folder, SuiteLayout.Train), "train_*.jsonl"))
            if (!Files(manifest.Corpus).Contains(Path.GetRelativePath(folder, chunk)))
                File.Delete(chunk); // of a longer recipe that was built here earlier
        Compare(manifest, counts);
        ManifestFile.Write(marker, (manifest with { Expected = counts }).ToManifest());
        return counts;

        void Write(string file, byte[] bytes) => AtomicFile.Write(Path.Combine(folder, file), stream => stream.Write(bytes));
    }

    /// <summary>Assembles the corpus and passes its files to a writer one by one.</summary>
    private static CorpusCounts Produce(
        CorpusRecipe recipe, IReadOnlyList<string>? roots, Action<string, byte[]> write, RunOptions? run)
    {
        var (progress, cancellation) = (run.Watcher(), run.StopToken());
        var corpus = CorpusAssembly.Make(recipe, roots, run);
        var contents = corpus.Chunks.Append(corpus.Validation).Select(Lines).Append(Encoding.UTF8.GetBytes(Canary.ToJson(corpus.Canaries)));
        var names = Files(recipe);
        var hashes = new List<(string, string)>();
        foreach (var (name, bytes) in names.Zip(contents))
        {
            cancellation.ThrowIfCancellationRequested();
            write(name, bytes);
            hashes.Add((Portable(name), Convert.ToHexStringLower(SHA256.HashData(bytes))));
            progress?.Report(new WorkProgress("write chunks", hashes.Count, names.Count, "files", name));
        }

        var sequences = recipe.Chunks * recipe.SequencesPerChunk;
        return new CorpusCounts(corpus.Sources, sequences, (long)sequences * recipe.SequenceLength, CorpusPackages.HashListing(hashes));
    }

    private static byte[] Lines(IReadOnlyList<TokenRow> rows)
    {
        var output = new ArrayBufferWriter<byte>();
        foreach (var row in rows)
            RowFormat.Write(output, row);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>
    /// All files except the manifest, relative to the suite's folder, in the order of the corpus's
    /// hash.
    /// </summary>
    private static List<string> Files(CorpusRecipe recipe) =>
        [.. Enumerable.Range(0, recipe.Chunks).Select(SuiteLayout.Chunk), SuiteLayout.Validation, SuiteLayout.Canaries];

    private static string Portable(string file) => file.Replace(Path.DirectorySeparatorChar, '/');

    /// <summary>The hash of the existing files; null if one is missing.</summary>
    private static string? HashFiles(CorpusRecipe recipe, string folder)
    {
        var files = Files(recipe);
        if (!files.TrueForAll(f => File.Exists(Path.Combine(folder, f))))
            return null;
        return CorpusPackages.HashListing(files.Select(file =>
        {
            using var stream = File.OpenRead(Path.Combine(folder, file));
            return (Portable(file), Convert.ToHexStringLower(SHA256.HashData(stream)));
        }));
    }

    private static void Compare(SuiteRecipe manifest, CorpusCounts actual)
    {
        if (manifest.Expected is not { } expected)
            return;
        var differences = expected.Sources.Select(e => (Expected: e, Actual: actual.Sources.FirstOrDefault(a => a.Name == e.Name)))
            .Where(p => p.Expected != Comparable(p.Actual, p.Expected))
            .Select(p => $"source {p.Expected.Name} has {Text(p.Actual)} instead of {Text(p.Expected)}").ToList();
        if (expected.Sha256 != actual.Sha256)
            differences.Add($"hash {actual.Sha256} instead of {expected.Sha256}");
        if ((expected.Sequences, expected.Tokens) != (actual.Sequences, actual.Tokens))
        {
            differences.Add(
                $"{actual.Sequences} sequences and {actual.Tokens} tokens instead of {expected.Sequences} and {expected.Tokens}");
        }

        if (differences.Count > 0)
        {
            throw new Llm360Exception(
                $"The corpus of \"{manifest.Name}\" is not what its manifest expects: {string.Join("; ", differences)}.", "expected",
                "If the recipe was changed on purpose, delete its keys \"expected\" and \"weights\": they describe what came of it "
                    + "before. Otherwise run dotnet restore with a clean package folder.");
        }

        static string Text(SourceCounts? counts) => counts is null ? "nothing"
            : $"{counts.Documents} documents ({counts.UniqueDocuments} different, {counts.UsedDocuments} used) "
                + $"and {counts.Sequences} sequences";

        // Manifests of earlier versions do not count near copies.
        static SourceCounts? Comparable(SourceCounts? actual, SourceCounts expected) =>
            actual is null || expected.NearCopies is not null ? actual : actual with { NearCopies = null };
    }
}
