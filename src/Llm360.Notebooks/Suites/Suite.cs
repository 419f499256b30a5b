// A suite, trained here or on the Hub: its manifest, checkpoints, chunks and metrics.
using System.Globalization;

namespace Llm360.Notebooks;

/// <summary>One checkpoint: a folder in Hugging Face layout.</summary>
/// <param name="Name">For example <c>ckpt_012</c>.</param>
/// <param name="Index">Its number.</param>
/// <param name="ChunksSeen">How many chunks, counted from 0, training had seen when it was saved.</param>
/// <param name="Folder">Where <c>config.json</c>, the weights and the tokenizer lie; with a place on the Hub, where they are looked for first.</param>
/// <param name="Hub">Where on the Hub it is; null where it is only on disk.</param>
public sealed record Checkpoint(string Name, int Index, int ChunksSeen, string Folder, HubLocation? Hub = null)
{
    /// <summary>Whether it has to be taken from the Hub or its cache: there is a place on the Hub, and nothing in <see cref="Folder"/>.</summary>
    public bool IsOnHub => Hub is not null && !File.Exists(Path.Combine(Folder, SuiteLayout.Config));

    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>One chunk of the training data: a JSON Lines file of Amber's row format.</summary>
/// <param name="Name">For example <c>train_012</c>.</param>
/// <param name="Index">Its number, also its place in the training order.</param>
/// <param name="Path">The file; with a place on the Hub, where it is looked for first.</param>
/// <param name="Hub">Where on the Hub it is; null where it is only on disk.</param>
public sealed record Chunk(string Name, int Index, string Path, HubLocation? Hub = null)
{
    /// <summary>Whether it has to be taken from the Hub or its cache: there is a place on the Hub, and no file at <see cref="Path"/>.</summary>
    public bool IsOnHub => Hub is not null && !File.Exists(Path);

    /// <summary>The file or its place on the Hub, for messages.</summary>
    internal string Place => IsOnHub ? Hub!.ToString() : Path;

    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>A suite: trained here, or published on the Hugging Face Hub.</summary>
public sealed class Suite
{
    private Suite(SuiteManifest manifest, string folder, IReadOnlyList<Checkpoint> checkpoints, IReadOnlyList<Chunk> chunks)
    {
        (Name, Description, Manifest, Folder, Checkpoints, Chunks) = (manifest.Name, manifest.Description, manifest, folder, checkpoints, chunks);
        Identity = ManifestFile.Identity(manifest);
    }

    private Suite(HubManifest manifest, string folder)
    {
        var (from, data) = (manifest.Checkpoints, manifest.Chunks);
        (Name, Description, Hub, Folder) = (manifest.Name, manifest.Description, manifest, folder);
        Checkpoints = [.. from.Series.SelectMany(series => series.Numbers().Select(number =>
        {
            var name = NumberedName.Of(series.Name, number);
            return new Checkpoint(name, number, data is null ? 0 : number + from.ChunksSeenByFirst, System.IO.Path.Combine(folder, name), new HubLocation(from.Repository, NumberedName.Of(series.Revision ?? series.Name, number)));
        }))];
        Chunks = data is null ? [] : [.. Enumerable.Range(0, data.Count).Select(number =>
        {
            var name = NumberedName.Of(data.Name, number);
            return new Chunk(name, number, System.IO.Path.Combine(folder, SuiteLayout.Train, name + ".jsonl"), new HubLocation(data.Repository, data.Revision, NumberedName.Of(data.Path, number), IsDataset: true));
        })];
        Identity = $"{from.Repository}, {data?.Repository}@{data?.Revision}/{data?.Path}";
    }

    /// <summary>Short name: <c>nano</c>, <c>amber</c>.</summary>
    public string Name { get; }

    /// <summary>One or two sentences.</summary>
    public string Description { get; }

    /// <summary>The recipe it was made from; null where it was not trained here.</summary>
    public SuiteManifest? Manifest { get; }

    /// <summary>Where on the Hub its parts are; null where it was trained here.</summary>
    public HubManifest? Hub { get; }

    /// <summary>Its folder. Of a suite on the Hub, where a checkpoint's folder, a chunk in <c>train/</c> or a <c>metrics.parquet</c> that one has already is found before the Hub is asked; it need not exist.</summary>
    public string Folder { get; }

    /// <summary>
    /// All checkpoints, in training order; while a suite is in training, those up to the latest.
    /// A checkpoint before the latest is listed even if its files are gone. Its use is then an
    /// error.
    /// </summary>
    public IReadOnlyList<Checkpoint> Checkpoints { get; }

    /// <summary>
    /// All chunks that the manifest names, in training order. A chunk is listed even if its file is
    /// gone. Its use is then an error.
    /// </summary>
    public IReadOnlyList<Chunk> Chunks { get; }

    /// <summary>
    /// The number of checkpoints that the manifest promises; a suite in training has fewer.
    /// </summary>
    public int PromisedCheckpoints => Manifest is { } recipe ? Math.Max(recipe.Corpus.Chunks + 1, Checkpoints.Count) : Checkpoints.Count;

    /// <summary>Held-out sequences, in the chunks' format.</summary>
    public string ValidationPath => System.IO.Path.Combine(Folder, SuiteLayout.Validation);

    /// <summary>Loss, learning rate, gradient norm, tokens a second and sources of every training step.</summary>
    public string MetricsPath => System.IO.Path.Combine(Folder, SuiteLayout.Metrics);

    /// <summary>The recipe, for what only a suite that was trained here can tell.</summary>
    /// <exception cref="Llm360Exception">It was not trained here.</exception>
    internal SuiteManifest Recipe => Manifest ?? throw new Llm360Exception($"The suite {Name} was not trained here: its recipe is not known to the kit.", $"suite {Name}", "Choose a suite that llm360 train made, such as nano.");

    /// <summary>What decides its training data, as text.</summary>
    internal string Identity { get; }

    /// <summary>The share of training that a checkpoint has seen, 0 to 1.</summary>
    internal double Progress(Checkpoint checkpoint) =>
        (Manifest?.Corpus.Chunks ?? Chunks.Count) is > 0 and var chunks ? (double)checkpoint.ChunksSeen / chunks : (double)checkpoint.Index / Checkpoints[^1].Index;

    /// <summary>A suite on the Hub. Nothing is read or fetched until it is needed.</summary>
    /// <param name="manifest">What it consists of.</param>
    /// <param name="folder">Where files of one's own are looked for first; the suite's folder in the workspace when null.</param>
    /// <exception cref="Llm360Exception">A value of the manifest is out of range.</exception>
    public static Suite OnHub(HubManifest manifest, string? folder = null)
    {
        HubManifestFile.Check(manifest, $"suite {manifest.Name}");
        folder = System.IO.Path.GetFullPath(folder ?? System.IO.Path.Combine(Workspace.SuitesFolder, manifest.Name));
        return !File.Exists(System.IO.Path.Combine(folder, SuiteLayout.Manifest)) ? new Suite(manifest, folder)
            : throw new Llm360Exception($"The name \"{manifest.Name}\" is that of a suite that was trained here.", folder, "Give the manifest another name.");
    }

    /// <summary>Opens a suite's folder.</summary>
    /// <exception cref="Llm360Exception">The folder is not a suite.</exception>
    public static Suite OpenFolder(string folder)
    {
        folder = System.IO.Path.GetFullPath(folder);
        var manifest = ManifestFile.Read(System.IO.Path.Combine(folder, SuiteLayout.Manifest));
        var saved = Numbered(folder, "ckpt_*", directories: true)
            .Where(c => System.IO.Path.GetFileName(c.Path) == SuiteLayout.Checkpoint(c.Number)).Select(c => c.Number).ToList();
        // Training saves one checkpoint after the other: those before the latest should be there.
        var latest = saved.Count == 0 ? -1 : Math.Min(saved[^1], manifest.Corpus.Chunks);
        var checkpoints = Enumerable.Range(0, latest + 1).Union(saved).Order()
            .Select(n => (Number: n, Name: SuiteLayout.Checkpoint(n)))
            .Select(c => new Checkpoint(c.Name, c.Number, c.Number, System.IO.Path.Combine(folder, c.Name))).ToList();
        var train = System.IO.Path.Combine(folder, SuiteLayout.Train);
        var chunks = Enumerable.Range(0, manifest.Corpus.Chunks)
            .Select(n => new Chunk(SuiteLayout.ChunkName(n), n, System.IO.Path.Combine(folder, SuiteLayout.Chunk(n))))
            .Concat(Numbered(train, "train_*.jsonl", directories: false).Where(c => c.Number >= manifest.Corpus.Chunks)
                .Select(c => new Chunk(System.IO.Path.GetFileNameWithoutExtension(c.Path), c.Number, c.Path))).ToList();
        return new Suite(manifest, folder, checkpoints, chunks);
    }

    /// <summary>The chunk of a number.</summary>
    /// <exception cref="Llm360Exception">There is none.</exception>
    public Chunk Chunk(int index) => Chunks.FirstOrDefault(c => c.Index == index)
        ?? throw new Llm360Exception($"Suite {Name} has no chunk {index}.", Hub?.Chunks?.Repository ?? Folder, $"Choose from {Chunks.FirstOrDefault()} to {Chunks.LastOrDefault()}.");

    /// <summary>The checkpoint of a name (<c>ckpt_012</c>) or number (<c>12</c>).</summary>
    /// <exception cref="Llm360Exception">There is none.</exception>
    public Checkpoint Checkpoint(string name) =>
        Checkpoints.FirstOrDefault(c => c.Name == name || c.Index.ToString(CultureInfo.InvariantCulture) == name)
        ?? throw new Llm360Exception($"Suite {Name} has no checkpoint \"{name}\".", Hub?.Checkpoints.Repository ?? Folder, $"Choose from {Checkpoints.FirstOrDefault()} to {Checkpoints.LastOrDefault()}.");

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
