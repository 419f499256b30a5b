// Memorization over a grid of checkpoints and chunks of a suite.
using System.Runtime.InteropServices;

namespace Llm360.Notebooks;

/// <summary>Scores a suite's training sequences; results are stored and resumable.</summary>
public sealed class MemorizationAnalysis(Suite suite, MemorizationSettings settings)
{
    private readonly MemorizationSettings settings = settings.For(suite);
    // PublicationOnly: a failed or cancelled fetch is tried again.
    private readonly Lazy<ITokenizer?> tokenizer = new(suite.TokenizerOrNull, LazyThreadSafetyMode.PublicationOnly);

    /// <summary>The suite.</summary>
    public Suite Suite => suite;

    /// <summary>The settings as they apply to the suite.</summary>
    public MemorizationSettings Settings => settings;

    /// <summary>The store of the results with these settings.</summary>
    /// <exception cref="Llm360Exception">
    /// The suite's sequences are too short for the settings, or a number is below 1.
    /// </exception>
    public ResultStore<IReadOnlyList<MemorizationRow>> Store => field ??= new(suite, Checked(Analysis));

    /// <summary>
    /// The analysis for a grid. Version 1: greedy decoding against the true continuation.
    /// </summary>
    internal GridAnalysis<IReadOnlyList<MemorizationRow>> Analysis => field ??= new(
        "memorization", Version: 1, settings, new ParquetCells<MemorizationRow>(MemorizationColumns.Pack), Compute)
    {
        UsesTokenizer = settings.TokenMetrics,
        Task = $"score {suite.Name}",
    };

    /// <summary>
    /// Scores every chunk with every checkpoint. Cells in the results store are read; the others
    /// are computed and stored.
    /// </summary>
    /// <param name="checkpoints">All of the suite's when null.</param>
    /// <param name="chunks">All of the suite's when null, seen by the checkpoint or not.</param>
    /// <param name="options">How the grid runs; the defaults when null.</param>
    /// <exception cref="Llm360Exception">
    /// A checkpoint or chunk is missing or cannot be read, its sequences are too short or beyond
    /// the vocabulary, or the options have another precision than the settings.
    /// </exception>
    public async Task<MemorizationScores> ScoreAsync(
        IReadOnlyList<Checkpoint>? checkpoints = null, IReadOnlyList<Chunk>? chunks = null, GridOptions? options = null)
    {
        // Check first: the scores are grouped by the chunks that each checkpoint has seen.
        foreach (var checkpoint in (chunks ?? suite.Chunks).Count > 0 ? checkpoints ?? suite.Checkpoints : [])
            _ = (checkpoint.RequireIndex(), checkpoint.RequireChunksSeen());
        var items = (chunks ?? suite.Chunks).AsItems();
        var run = await Grid.RunAsync(Store, checkpoints ?? suite.Checkpoints, items, Checked(options)).ConfigureAwait(false);
        return new MemorizationScores(suite, settings, run);
    }

    /// <summary>
    /// Computes cells that are not yet in the results store and keeps nothing in memory.
    /// <see cref="ScoreAsync"/> reads them later. Several processes may fill the shards of one
    /// grid.
    /// </summary>
    /// <param name="checkpoints">All of the suite's when null.</param>
    /// <param name="chunks">All of the suite's when null.</param>
    /// <param name="options">How the grid runs, and which shard; the defaults when null.</param>
    /// <exception cref="Llm360Exception">As for <see cref="ScoreAsync"/>.</exception>
    public Task<GridFill> FillAsync(
        IReadOnlyList<Checkpoint>? checkpoints = null, IReadOnlyList<Chunk>? chunks = null, GridOptions? options = null) =>
        Grid.FillAsync(Store, checkpoints ?? suite.Checkpoints, (chunks ?? suite.Chunks).AsItems(), Checked(options));

    // Called before the store is created, so that invalid settings leave no folder.
    private GridAnalysis<IReadOnlyList<MemorizationRow>> Checked(GridAnalysis<IReadOnlyList<MemorizationRow>> analysis)
    {
        var needed = (long)settings.PromptLength + settings.ContinuationLength;
        if (settings.PromptLength < 1 || settings.ContinuationLength < 1 || settings.SequencesPerChunk < 1)
            throw new Llm360Exception("The lengths k and l and the number of sequences n must be 1 or more.", "memorization settings",
                "Correct PromptLength, ContinuationLength or SequencesPerChunk.");
        if (suite.Recipe is { } recipe && recipe.Corpus.SequenceLength < needed)
            throw new Llm360Exception($"A sequence has {recipe.Corpus.SequenceLength} tokens; k + l = {needed} are needed.",
                $"suite {suite.Name}", "Choose a smaller k or l.");
        return analysis;
    }

    // The settings' precision is part of a store's identity, so the options cannot choose another.
    private GridOptions Checked(GridOptions? options)
    {
        options ??= new GridOptions();
        return options.Precision == Precision.Auto || options.Precision == settings.Precision
            ? options with { Precision = settings.Precision }
            : throw new Llm360Exception(
                $"The options have precision {options.Precision}, the settings of the scores {settings.Precision}.",
                "grid options",
                "Choose the precision in MemorizationSettings.");
    }

    private MemorizationColumns Compute(GridContext context)
    {
        var (model, chunk, cancellation) = (context.Model, context.Chunk, context.Cancellation);
        // Shows progress, because the rows of a chunk on the Hub must be fetched.
        var chosen = Choose(chunk, cancellation);
        // Progress counts cells, not the passes within a cell.
        using var quiet = AmbientWork.Begin(null, cancellation);
        if (chosen.Count == 0)
            throw new Llm360Exception("The chunk has no rows.", chunk.Place, "Build or fetch it again.");
        var length = (long)settings.PromptLength + settings.ContinuationLength;
        // Checked here, because the scorer does not know the chunk.
        if (chosen.Find(c => c.Row.TokenIds.Length < length) is { Row: not null } tooShort)
        {
            throw new Llm360Exception(
                $"A sequence has {tooShort.Row.TokenIds.Length} tokens; k + l = {length} are needed.",
                $"{chunk.Place}, row {tooShort.Index}",
                "Choose a smaller k or l.");
        }

        foreach (var (index, row) in chosen)
            TokenRows.CheckVocabulary(model.Config, row.TokenIds, $"{chunk.Place}, row {index}");
        // Copies within a chunk, for example of canaries, have the same results. Compute them once.
        var groups = chosen.GroupBy(c => (Tokens: Hex(c.Row), c.Row.Source, c.Row.Canary)).ToList();
        var scored = MemorizationScorer.Score(
            model,
            [.. groups.Select(g => g.First().Row)],
            settings,
            settings.TokenMetrics ? tokenizer.Value : null,
            new(Cancellation: cancellation));
        var results = groups.Zip(scored)
            .SelectMany(p => p.First.Select(c => (c.Index, Row: p.Second)))
            .ToDictionary(p => p.Index, p => p.Row.At(p.Index));
        return MemorizationColumns.Pack([.. chosen.Select(c => results[c.Index])]);

        string Hex(TokenRow row) => Convert.ToHexString(MemoryMarshal.AsBytes(row.TokenIds.AsSpan(0, (int)length)));
    }

    // A chunk of Amber has 20 GB, so it is read completely only for a sample or for canaries.
    private List<(int Index, TokenRow Row)> Choose(Chunk chunk, CancellationToken cancellation)
    {
        if (settings.Sampling == RowSampling.First && suite.Recipe?.Corpus.Canaries is null)
            return [.. ChunkReader.Read(chunk, settings.SequencesPerChunk, cancellation).Index()];
        var rows = ChunkReader.Read(chunk, cancellation: cancellation).Index().ToLookup(r => r.Item.Canary is null);
        var count = settings.SequencesPerChunk ?? int.MaxValue;
        return settings.Sampling == RowSampling.First
            ? [.. rows[true].Take(count), .. rows[false]]
            : [.. RowSample.Stratified([.. rows[true]], count, settings.Seed, chunk.Index), .. rows[false]];
    }
}

/// <summary>Starting a memorization analysis from a suite.</summary>
public static class MemorizationOfSuite
{
    /// <summary>The memorization of a suite's training sequences.</summary>
    /// <param name="suite">The suite.</param>
    /// <param name="settings">k, l, n and other settings; the defaults when null.</param>
    public static MemorizationAnalysis Memorization(this Suite suite, MemorizationSettings? settings = null) =>
        new(suite, settings ?? new MemorizationSettings());
}
