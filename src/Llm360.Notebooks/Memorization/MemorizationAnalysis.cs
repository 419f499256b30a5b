// Memorization over a grid of checkpoints and chunks of a suite.
using System.Runtime.InteropServices;

namespace Llm360.Notebooks;

/// <summary>What memorization scores depend on beside the suite.</summary>
/// <param name="PromptLength">k: tokens given, from the start of the sequence.</param>
/// <param name="ContinuationLength">l: tokens to reproduce.</param>
/// <param name="SequencesPerChunk">n: sequences chosen from each chunk, beside all of its canaries; null for all.</param>
/// <param name="TokenMetrics">Also what one pass with the true tokens tells: loss, p_z, Min-K%, and extractibility for shorter prompts and continuations. Costs about half as much again.</param>
/// <param name="TopK">With token metrics: also p_z when only so many of the most probable tokens are drawn from; null for none.</param>
/// <param name="Precision">Type to compute in: <c>auto</c> for the checkpoint's own, <c>fp32</c>, <c>bf16</c>, <c>fp16</c> (the paper's). In low precision some continuations differ by rounding: <see cref="MemorizationScorer.Disagreements"/>.</param>
/// <param name="Sampling">How the n sequences are chosen; of a suite on the Hub, always the first n.</param>
/// <param name="Seed">Seed of the sample.</param>
public sealed record MemorizationSettings(
    int PromptLength = 32,
    int ContinuationLength = 32,
    int? SequencesPerChunk = null,
    bool TokenMetrics = false,
    int? TopK = null,
    string Precision = Precision.Auto,
    RowSampling Sampling = RowSampling.Stratified,
    int Seed = 0)
{
    /// <summary>The settings as they take effect on a suite. Equal choices have equal settings, and so share their results.</summary>
    internal MemorizationSettings For(Suite suite) => SequencesPerChunk is null || Sampling == RowSampling.First || suite.Repository is not null
        ? this with { Sampling = RowSampling.First, Seed = 0 }
        : this;
}

/// <summary>Scores a suite's training sequences; results are stored and resumable.</summary>
public sealed class MemorizationAnalysis(Suite suite, MemorizationSettings settings)
{
    private readonly MemorizationSettings settings = settings.For(suite);
    private readonly Lazy<ITokenizer?> tokenizer = new(suite.TokenizerOrNull, LazyThreadSafetyMode.PublicationOnly); // A failed or stopped fetch is tried again.

    /// <summary>The suite.</summary>
    public Suite Suite => suite;

    /// <summary>The setting, as it takes effect on the suite.</summary>
    public MemorizationSettings Settings => settings;

    /// <summary>Where the results of this setting are kept.</summary>
    public ResultStore<IReadOnlyList<MemorizationRow>> Store => field ??= new(suite, Analysis);

    /// <summary>What a grid is told. Version 1: greedy decoding against the true
    /// continuation.</summary>
    internal GridAnalysis<IReadOnlyList<MemorizationRow>> Analysis => field ??= new(
        "memorization", Version: 1, settings, new ParquetCells<MemorizationRow>(MemorizationColumns.Pack), Compute)
    {
        UsesTokenizer = settings.TokenMetrics,
        Task = $"score {suite.Name}",
    };

    /// <summary>Scores every chunk with every checkpoint; cells in the results store are read, the others computed and kept.</summary>
    /// <param name="checkpoints">All of the suite's when null.</param>
    /// <param name="chunks">All of the suite's when null, seen by the checkpoint or not.</param>
    /// <param name="device"><see cref="Device.Best"/> when null.</param>
    /// <param name="progress"><see cref="AmbientWork.Progress"/> when null.</param>
    /// <param name="cancellation"><see cref="AmbientWork.Cancellation"/> when not given.</param>
    /// <param name="skipMissing">Leaves missing checkpoints and chunks out; otherwise they are an
    /// error.</param>
    /// <param name="anyDevice">Also takes cells that another kind of device computed; otherwise
    /// they
    /// are stale.</param>
    /// <exception cref="Llm360Exception">
    /// A checkpoint or chunk is missing or cannot be read, or its sequences are too short or beyond
    /// the vocabulary.
    /// </exception>
    public async Task<MemorizationScores> ScoreAsync(
        IReadOnlyList<Checkpoint>? checkpoints = null,
        IReadOnlyList<Chunk>? chunks = null,
        Device? device = null,
        IProgress<WorkProgress>? progress = null,
        CancellationToken? cancellation = null,
        bool skipMissing = false,
        bool anyDevice = false)
    {
        // Before anything is computed: the scores are told apart by what each checkpoint has seen.
        foreach (var checkpoint in (chunks ?? suite.Chunks).Count > 0 ? checkpoints ?? suite.Checkpoints : [])
            _ = (checkpoint.RequireIndex(), checkpoint.RequireChunksSeen());
        var options = Options(device, progress, cancellation, skipMissing, anyDevice);
        var items = (chunks ?? suite.Chunks).AsItems();
        var run = await Grid.RunAsync(Store, checkpoints ?? suite.Checkpoints, items, options).ConfigureAwait(false);
        return new MemorizationScores(suite, settings, run);
    }

    /// <summary>Computes what is not yet in the results store, and keeps nothing in memory; <see cref="ScoreAsync"/> reads it later. Several processes may fill the shards of one grid.</summary>
    /// <param name="checkpoints">All of the suite's when null.</param>
    /// <param name="chunks">All of the suite's when null.</param>
    /// <param name="shard">Which cells; <see cref="GridShard.Whole"/> when null.</param>
    /// <param name="device"><see cref="Device.Best"/> when null.</param>
    /// <param name="progress"><see cref="AmbientWork.Progress"/> when null.</param>
    /// <param name="cancellation"><see cref="AmbientWork.Cancellation"/> when not given.</param>
    /// <param name="skipMissing">Leaves missing checkpoints and chunks out; otherwise they are an
    /// error.</param>
    /// <param name="anyDevice">Also takes cells that another kind of device computed; otherwise
    /// they
    /// are stale.</param>
    /// <exception cref="Llm360Exception">
    /// A checkpoint or chunk is missing or cannot be read, or its sequences are too short or beyond
    /// the vocabulary.
    /// </exception>
    public Task<GridFill> FillAsync(
        IReadOnlyList<Checkpoint>? checkpoints = null,
        IReadOnlyList<Chunk>? chunks = null,
        GridShard? shard = null,
        Device? device = null,
        IProgress<WorkProgress>? progress = null,
        CancellationToken? cancellation = null,
        bool skipMissing = false,
        bool anyDevice = false) =>
        FillAsync(checkpoints ?? suite.Checkpoints, chunks ?? suite.Chunks,
            Options(device, progress, cancellation, skipMissing, anyDevice) with { Shard = shard ?? GridShard.Whole });

    /// <summary>The same with options of a grid. The settings' precision is used.</summary>
    internal Task<GridFill> FillAsync(IReadOnlyList<Checkpoint> checkpoints, IReadOnlyList<Chunk> chunks, GridOptions options) =>
        Grid.FillAsync(Store, checkpoints, chunks.AsItems(), options with { Precision = settings.Precision });

    private GridOptions Options(
        Device? device, IProgress<WorkProgress>? progress, CancellationToken? cancellation, bool skipMissing, bool anyDevice) => new()
    {
        Device = device,
        Precision = settings.Precision,
        Progress = progress,
        Cancellation = cancellation,
        SkipMissing = skipMissing,
        AnyDevice = anyDevice,
    };

    private MemorizationColumns Compute(GridContext context)
    {
        var (model, chunk, cancellation) = (context.Model, context.Chunk, context.Cancellation);
        // With progress: of a chunk on the Hub the rows have to come.
        var chosen = Choose(chunk, cancellation);
        // The cell is the unit of progress, not the passes within it.
        using var quiet = AmbientWork.Begin(null, cancellation);
        if (chosen.Count == 0)
            throw new Llm360Exception("The chunk has no rows.", chunk.Place, "Build or fetch it again.");
        var length = (long)settings.PromptLength + settings.ContinuationLength;
        // Here and not in the scorer, which knows nothing of chunks.
        if (chosen.Find(c => c.Row.TokenIds.Length < length) is { Row: not null } tooShort)
            throw new Llm360Exception($"A sequence has {tooShort.Row.TokenIds.Length} tokens; k + l = {length} are needed.", $"{chunk.Place}, row {tooShort.Index}", "Choose a smaller k or l.");
        foreach (var (index, row) in chosen)
            TokenRows.CheckVocabulary(model.Config, row.TokenIds, $"{chunk.Place}, row {index}");
        // Copies within a chunk, as of canaries, have the same results: they are computed once.
        var groups = chosen.GroupBy(c => (Tokens: Convert.ToHexString(MemoryMarshal.AsBytes(c.Row.TokenIds.AsSpan(0, (int)length))), c.Row.Source, c.Row.Canary)).ToList();
        var scored = MemorizationScorer.Score(model, [.. groups.Select(g => g.First().Row)], settings, settings.TokenMetrics ? tokenizer.Value : null, cancellation);
        var results = groups.Zip(scored).SelectMany(p => p.First.Select(c => (c.Index, Row: p.Second))).ToDictionary(p => p.Index, p => p.Row.At(p.Index));
        return MemorizationColumns.Pack([.. chosen.Select(c => results[c.Index])]);
    }

    // A chunk of Amber has 20 GB, so it is read to its end only for a sample or for canaries.
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
    /// <param name="promptLength">k.</param>
    /// <param name="continuationLength">l.</param>
    /// <param name="sequencesPerChunk">n: sequences chosen from each chunk, beside all of its canaries; null for all.</param>
    /// <param name="tokenMetrics">Also loss, p_z, Min-K% and extractibility for shorter lengths.</param>
    /// <param name="topK">With token metrics: also p_z when only so many of the most probable tokens are drawn from.</param>
    /// <param name="precision">Type to compute in: <c>auto</c> for the checkpoint's own, <c>fp32</c>, <c>bf16</c>, <c>fp16</c>.</param>
    /// <param name="sampling">How the n sequences are chosen; of a suite on the Hub, always the first n.</param>
    /// <param name="seed">Seed of the sample.</param>
    public static MemorizationAnalysis Memorization(
        this Suite suite,
        int promptLength = 32,
        int continuationLength = 32,
        int? sequencesPerChunk = null,
        bool tokenMetrics = false,
        int? topK = null,
        string precision = Precision.Auto,
        RowSampling sampling = RowSampling.Stratified,
        int seed = 0) =>
        new(suite, new MemorizationSettings(promptLength, continuationLength, sequencesPerChunk, tokenMetrics, topK, precision, sampling, seed));
}
