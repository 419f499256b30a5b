// A suite, trained here or published: its manifest, checkpoints, chunks and metrics.
using System.Globalization;

namespace Llm360.Notebooks;

/// <summary>A suite: trained here, or published on the Hugging Face Hub.</summary>
[TypeFormatterSource(typeof(TableFormatterSource), PreferredMimeTypes = [MimeTypes.Html, MimeTypes.Plain])]
public sealed class Suite : IShownAsTable
{
    private Suite(
        SuiteManifest manifest,
        SuiteRecipe recipe,
        string folder,
        IReadOnlyList<Checkpoint> checkpoints,
        IReadOnlyList<Chunk> chunks)
    {
        (Name, Description, Manifest, Recipe, Folder) = (manifest.Name, manifest.Description, manifest, recipe, folder);
        (Checkpoints, Chunks) = (checkpoints, chunks);
        Phases = [TrainingPhase.Of(recipe)];
        Licences = [.. recipe.Corpus.Sources.SelectMany(s => s.Packages.Select(p =>
            new Licence($"data ({s.Name})", p.License, $"NuGet package {p.Id} {p.Version}", Verified: true)))];
        TrainedTokens = Phases[0].AllTokens;
        Identity = ManifestFile.Identity(recipe);
    }

    private Suite(SuiteManifest manifest, string folder)
    {
        (Name, Description, Manifest, Folder) = (manifest.Name, manifest.Description + Unverified(manifest), manifest, folder);
        (Checkpoints, Chunks) = (PublishedParts.Checkpoints(manifest, folder), PublishedParts.Chunks(manifest, folder));
        (Phases, Licences) = (manifest.Phases ?? [], manifest.Licences ?? []);
        TrainedTokens = manifest.TrainedTokens ?? PublishedParts.AllTokens(Phases);
        Identity = $"{Repository}, {manifest.Chunks?.Repository}@{manifest.Chunks?.Revision}/{manifest.Chunks?.Path}";
    }

    /// <summary>Short name: <c>nano</c>, <c>amber</c>.</summary>
    public string Name { get; }

    /// <summary>One or two sentences, and the unverified parts of the manifest.</summary>
    public string Description { get; }

    /// <summary>The manifest from which the suite was opened.</summary>
    public SuiteManifest Manifest { get; }

    /// <summary>The recipe of its training; null if it was not trained here.</summary>
    public SuiteRecipe? Recipe { get; }

    /// <summary>
    /// The repository of its checkpoints on the Hub, <c>organisation/name</c>; null if it was
    /// trained here.
    /// </summary>
    public string? Repository => Manifest.Checkpoints?.Repository;

    /// <summary>The phases of its training, in order; empty if none is known.</summary>
    public IReadOnlyList<TrainingPhase> Phases { get; }

    /// <summary>The licences of its parts; empty if none is known.</summary>
    public IReadOnlyList<Licence> Licences { get; }

    /// <summary>Parameters of its model; null if unknown.</summary>
    public long? Parameters => Manifest.Parameters ?? Recipe?.Model.ParameterCount(Recipe.Corpus.Tokenizer.VocabularySize);

    /// <summary>
    /// Tokens of the whole training, counted as positions with a target. Null if unknown.
    /// </summary>
    public long? TrainedTokens { get; }

    /// <summary>
    /// Its folder. For a suite on the Hub, checkpoints' folders, chunks in <c>train/</c> and
    /// <c>metrics.parquet</c> in this folder are used before the Hub is asked. The folder need not
    /// exist.
    /// </summary>
    public string Folder { get; }

    /// <summary>
    /// All checkpoints, in training order; during training, those up to the latest. A checkpoint
    /// before the latest is listed even if its files are missing. Using it is then an error.
    /// </summary>
    public IReadOnlyList<Checkpoint> Checkpoints { get; }

    /// <summary>
    /// All chunks of the manifest, in training order. A chunk is listed even if its file is
    /// missing.
    /// Using it is then an error.
    /// </summary>
    public IReadOnlyList<Chunk> Chunks { get; }

    /// <summary>
    /// The number of checkpoints according to the manifest; a suite in training has fewer.
    /// </summary>
    public int PromisedCheckpoints => Recipe is { } recipe ? Math.Max(recipe.Corpus.Chunks + 1, Checkpoints.Count) : Checkpoints.Count;

    /// <summary>Held-out sequences, in the chunks' format.</summary>
    public string ValidationPath => System.IO.Path.Combine(Folder, SuiteLayout.Validation);

    /// <summary>
    /// Loss, learning rate, gradient norm, tokens a second and sources of every training step.
    /// </summary>
    public string MetricsPath => System.IO.Path.Combine(Folder, SuiteLayout.Metrics);

    /// <summary>The parts of the manifest that determine its training data, as text.</summary>
    internal string Identity { get; }

    /// <summary>
    /// The share of training that a checkpoint has seen, 0 to 1. It is computed from tokens if they
    /// are known, else from chunks, else from the checkpoint's number.
    /// </summary>
    /// <exception cref="Llm360Exception">The checkpoint is not of a suite.</exception>
    internal double Progress(Checkpoint checkpoint) => (checkpoint.TokensSeen, TrainedTokens, checkpoint.ChunksSeen, Chunks.Count) switch
    {
        ({ } tokens, { } all, _, _) => (double)tokens / all,
        (_, _, { } seen, > 0 and var chunks) => (double)seen / chunks,
        _ => (double)checkpoint.RequireIndex() / Math.Max(Checkpoints[^1].RequireIndex(), 1),
    };

    /// <summary>The recipe, which only a suite trained here has.</summary>
    /// <exception cref="Llm360Exception">It was not trained here.</exception>
    internal SuiteRecipe RequireRecipe() => Recipe ?? throw new Llm360Exception(
        $"The suite {Name} was not trained here: its recipe is not known to the kit.",
        $"suite {Name}",
        "Choose a suite that llm360 train made, such as nano.");

    /// <summary>
    /// A suite that others published. Nothing is read or fetched until it is needed.
    /// </summary>
    /// <param name="manifest">Its manifest.</param>
    /// <param name="folder">
    /// Folder whose files are used before the Hub's; the suite's folder in the workspace when null.
    /// </param>
    /// <exception cref="Llm360Exception">
    /// A value of the manifest is out of range, or the manifest is a recipe.
    /// </exception>
    public static Suite OnHub(SuiteManifest manifest, string? folder = null)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        ManifestFile.Check(manifest, $"suite {manifest.Name}");
        if (manifest.Checkpoints is null)
        {
            throw new Llm360Exception(
                $"The manifest of {manifest.Name} is a recipe: it names no checkpoints on the Hub.",
                $"suite {manifest.Name}",
                $"Run: llm360 train {manifest.Name}");
        }

        folder = System.IO.Path.GetFullPath(folder ?? System.IO.Path.Combine(Workspace.SuitesFolder, manifest.Name));
        return !File.Exists(System.IO.Path.Combine(folder, SuiteLayout.Manifest)) ? new Suite(manifest, folder)
            : throw new Llm360Exception(
                $"The name \"{manifest.Name}\" is that of a suite that was trained here.",
                folder,
                "Give the manifest another name.");
    }

    /// <summary>Opens a suite's folder.</summary>
    /// <exception cref="Llm360Exception">The folder is not a suite.</exception>
    public static Suite OpenFolder(string folder)
    {
        folder = System.IO.Path.GetFullPath(folder);
        var place = System.IO.Path.Combine(folder, SuiteLayout.Manifest);
        var manifest = ManifestFile.Read(place);
        var recipe = ManifestFile.RecipeOf(manifest, place);
        var phase = TrainingPhase.Of(recipe);
        var saved = Numbered(folder, "ckpt_*", directories: true)
            .Where(c => System.IO.Path.GetFileName(c.Path) == SuiteLayout.Checkpoint(c.Number)).Select(c => c.Number).ToList();
        // Training saves checkpoints one after another, so all before the latest should exist.
        var latest = saved.Count == 0 ? -1 : Math.Min(saved[^1], recipe.Corpus.Chunks);
        var checkpoints = Enumerable.Range(0, latest + 1).Union(saved).Order()
            .Select(n => (Number: n, Name: SuiteLayout.Checkpoint(n)))
            .Select(c => new Checkpoint(c.Name, c.Number, c.Number, System.IO.Path.Combine(folder, c.Name)))
            .Select(c => PublishedParts.InPhase(c, phase, c.RequireIndex(), before: 0)).ToList();
        var train = System.IO.Path.Combine(folder, SuiteLayout.Train);
        var chunks = Enumerable.Range(0, recipe.Corpus.Chunks)
            .Select(n => new Chunk(SuiteLayout.ChunkName(n), n, System.IO.Path.Combine(folder, SuiteLayout.Chunk(n))))
            .Concat(Numbered(train, "train_*.jsonl", directories: false).Where(c => c.Number >= recipe.Corpus.Chunks)
                .Select(c => new Chunk(System.IO.Path.GetFileNameWithoutExtension(c.Path), c.Number, c.Path))).ToList();
        return new Suite(manifest, recipe, folder, checkpoints, chunks);
    }

    /// <summary>The chunk with a number.</summary>
    /// <exception cref="Llm360Exception">There is none.</exception>
    public Chunk Chunk(int index) => Chunks.FirstOrDefault(c => c.Index == index)
        ?? throw new Llm360Exception(
            $"Suite {Name} has no chunk {index}.",
            Manifest.Chunks?.Repository ?? Folder,
            $"Choose from {Chunks.FirstOrDefault()} to {Chunks.LastOrDefault()}.");

    /// <summary>
    /// The checkpoint with a name (<c>ckpt_012</c>) or number (<c>12</c>), <c>last</c>, or
    /// <c>-1</c> for the last, <c>-2</c> for the one before it.
    /// </summary>
    /// <exception cref="Llm360Exception">There is none.</exception>
    public Checkpoint Checkpoint(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return ItemName.Find(Checkpoints, name, c => c.Name, c => c.Index) is { } place ? Checkpoints[place]
            : throw new Llm360Exception($"Suite {Name} has no checkpoint \"{name}\".", Repository ?? Folder,
                $"Choose from {Checkpoints.FirstOrDefault()} to {Checkpoints.LastOrDefault()}: {ItemName.Forms}.");
    }

    /// <summary>A summary of the suite in numbers.</summary>
    public Table ToTable() => RowTable.Card(
        $"The suite {Name}: {Description}",
        ("parameters", Parameters),
        ("tokens trained on", TrainedTokens is { } tokens ? tokens : "unknown"),
        ("chunks of data", Chunks.Count),
        ("checkpoints", ListCheckpoints()),
        ("weights", Weights()),
        Repository is { } repository
            ? ("on the Hub", Manifest.Chunks is { } chunks ? $"{repository}, datasets/{chunks.Repository}" : repository)
            : ("sources", string.Join(", ", Recipe?.Corpus.Sources.Select(s => s.Name) ?? [])));

    private string Weights() => Recipe is null ? "published"
        : PinnedWeights.Compare(this)?.ToString() ?? "the manifest names none to compare with";

    private string ListCheckpoints()
    {
        var count = FigureText.Count(Checkpoints.Count);
        if (Checkpoints.Count < PromisedCheckpoints)
            count += $" of {FigureText.Count(PromisedCheckpoints)}";
        return Checkpoints.Count == 0 ? count : $"{count} ({Checkpoints[0]} to {Checkpoints[^1]})";
    }

    private static string Unverified(SuiteManifest manifest)
    {
        var facts = (manifest.Facts ?? []).Where(f => !f.Verified).Select(f => f.Note is null ? f.Of : $"{f.Of} ({f.Note})");
        var licences = (manifest.Licences ?? []).Where(l => !l.Verified).Select(l => $"licence of the {l.Of}");
        List<string> all = [.. facts, .. licences];
        return all.Count == 0 ? "" : $" Not verified: {string.Join("; ", all)}.";
    }

    private static IEnumerable<(int Number, string Path)> Numbered(string folder, string pattern, bool directories)
    {
        if (!Directory.Exists(folder))
            return [];
        var paths = directories ? Directory.EnumerateDirectories(folder, pattern) : Directory.EnumerateFiles(folder, pattern);
        return paths.Select(path => (Number: NumberOf(path), Path: path))
            .Where(p => p.Number is not null)
            .OrderBy(p => p.Number)
            .Select(p => (p.Number!.Value, p.Path));

        static int? NumberOf(string path)
        {
            var digits = System.IO.Path.GetFileNameWithoutExtension(path).Split('_')[^1];
            return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
        }
    }
}
