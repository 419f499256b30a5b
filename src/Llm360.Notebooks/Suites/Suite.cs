// A suite on disk: its manifest, checkpoints, chunks and metrics.
using System.Globalization;

namespace Llm360.Notebooks.Suites;

/// <summary>One checkpoint: a folder in Hugging Face layout.</summary>
/// <param name="Name">For example <c>ckpt_012</c>.</param>
/// <param name="Index">Its number.</param>
/// <param name="ChunksSeen">How many chunks, counted from 0, training had seen when it was saved.</param>
/// <param name="Folder">Where <c>config.json</c>, the weights and the tokenizer lie.</param>
public sealed record Checkpoint(string Name, int Index, int ChunksSeen, string Folder)
{
    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>One chunk of the training data: a JSON Lines file of Amber's row format.</summary>
/// <param name="Name">For example <c>train_012</c>.</param>
/// <param name="Index">Its number, also its place in the training order.</param>
/// <param name="Path">The file.</param>
public sealed record Chunk(string Name, int Index, string Path)
{
    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>A suite on disk.</summary>
public sealed class Suite
{
    private Suite(SuiteManifest manifest, string folder, IReadOnlyList<Checkpoint> checkpoints, IReadOnlyList<Chunk> chunks)
    {
        Manifest = manifest;
        Folder = folder;
        Checkpoints = checkpoints;
        Chunks = chunks;
    }

    /// <summary>Short name: <c>nano</c>, <c>pico</c>.</summary>
    public string Name => Manifest.Name;

    /// <summary>The recipe it was made from.</summary>
    public SuiteManifest Manifest { get; }

    /// <summary>Its folder.</summary>
    public string Folder { get; }

    /// <summary>All checkpoints that exist, in training order.</summary>
    public IReadOnlyList<Checkpoint> Checkpoints { get; }

    /// <summary>All chunks, in training order.</summary>
    public IReadOnlyList<Chunk> Chunks { get; }

    /// <summary>Held-out sequences, in the chunks' format.</summary>
    public string ValidationPath => System.IO.Path.Combine(Folder, SuiteLayout.Validation);

    /// <summary>Loss, learning rate, gradient norm, tokens a second and sources of every training step.</summary>
    public string MetricsPath => System.IO.Path.Combine(Folder, SuiteLayout.Metrics);

    /// <summary>Opens a suite's folder.</summary>
    /// <exception cref="Llm360Exception">The folder is not a suite.</exception>
    public static Suite OpenFolder(string folder)
    {
        folder = System.IO.Path.GetFullPath(folder);
        var manifest = ManifestFile.Read(System.IO.Path.Combine(folder, SuiteLayout.Manifest));
        var checkpoints = Numbered(folder, "ckpt_*", directories: true)
            .Where(c => System.IO.Path.GetFileName(c.Path) == SuiteLayout.Checkpoint(c.Number) && File.Exists(System.IO.Path.Combine(c.Path, SuiteLayout.Weights)))
            .Select(c => new Checkpoint(System.IO.Path.GetFileName(c.Path), c.Number, c.Number, c.Path)).ToList();
        var chunks = Numbered(System.IO.Path.Combine(folder, SuiteLayout.Train), "train_*.jsonl", directories: false)
            .Select(c => new Chunk(System.IO.Path.GetFileNameWithoutExtension(c.Path), c.Number, c.Path)).ToList();
        return new Suite(manifest, folder, checkpoints, chunks);
    }

    /// <summary>The chunk of a number.</summary>
    /// <exception cref="Llm360Exception">There is none.</exception>
    public Chunk Chunk(int index) => Chunks.FirstOrDefault(c => c.Index == index)
        ?? throw new Llm360Exception($"Suite {Name} has no chunk {index}.", Folder, $"Choose from {Chunks.FirstOrDefault()} to {Chunks.LastOrDefault()}.");

    /// <summary>The checkpoint of a name (<c>ckpt_012</c>) or number (<c>12</c>).</summary>
    /// <exception cref="Llm360Exception">There is none.</exception>
    public Checkpoint Checkpoint(string name) =>
        Checkpoints.FirstOrDefault(c => c.Name == name || c.Index.ToString(CultureInfo.InvariantCulture) == name)
        ?? throw new Llm360Exception($"Suite {Name} has no checkpoint \"{name}\".", Folder, $"Choose from {Checkpoints.FirstOrDefault()} to {Checkpoints.LastOrDefault()}.");

    private static IEnumerable<(int Number, string Path)> Numbered(string folder, string pattern, bool directories)
    {
        if (!Directory.Exists(folder))
            return [];
        var paths = directories ? Directory.EnumerateDirectories(folder, pattern) : Directory.EnumerateFiles(folder, pattern);
        return paths
            .Select(path => (Known: int.TryParse(System.IO.Path.GetFileNameWithoutExtension(path).Split('_')[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var n), Number: n, Path: path))
            .Where(p => p.Known).OrderBy(p => p.Number).Select(p => (p.Number, p.Path));
    }
}

/// <summary>Choosing among checkpoints and chunks.</summary>
public static class SuiteSelection
{
    /// <summary>Every n-th item, counted back from the last so that the last is always in.</summary>
    public static IReadOnlyList<T> Every<T>(this IReadOnlyList<T> items, int n)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(n, 1);
        return [.. items.Where((_, i) => (items.Count - 1 - i) % n == 0)];
    }

    /// <summary>At most so many items, evenly spaced, the first and the last among them; only the last for one.</summary>
    public static IReadOnlyList<T> Evenly<T>(this IReadOnlyList<T> items, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return items.Count <= count ? items
            : count == 1 ? [items[^1]]
            : [.. Enumerable.Range(0, count).Select(i => items[(int)Math.Round(i * (items.Count - 1.0) / (count - 1))])];
    }
}
