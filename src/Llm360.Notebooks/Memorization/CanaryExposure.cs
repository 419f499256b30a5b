// Exposure of canaries: how strongly a model prefers them to alternatives that were not planted.
using System.Text.Json.Serialization;
using Microsoft.Data.Analysis;

namespace Llm360.Notebooks;

/// <summary>The exposure of one canary.</summary>
public sealed class ExposureRow
{
    /// <summary>The canary's name.</summary>
    [JsonPropertyName("canary")]
    public string Canary { get; set; } = "";

    /// <summary>
    /// The chunk in which it is planted; null for a control, which is not planted.
    /// </summary>
    [JsonPropertyName("chunk")]
    public int? Chunk { get; set; }

    /// <summary>How often it occurs there; 0 for a control.</summary>
    [JsonPropertyName("repetitions")]
    public int Repetitions { get; set; }

    /// <summary>-log p of the secret's tokens after the prefix, summed, nats.</summary>
    [JsonPropertyName("loss")]
    public double Loss { get; set; }

    /// <summary>1 + the number of alternatives with a strictly smaller loss.</summary>
    [JsonPropertyName("rank")]
    public int Rank { get; set; }

    /// <summary>log2 |R| - log2 rank, bits; R is the canary and its alternatives.</summary>
    [JsonPropertyName("exposure")]
    public double Exposure { get; set; }
}

/// <summary>
/// Exposure of a suite's canaries at one checkpoint (Carlini et al. 2019, arXiv 1802.08232).
/// </summary>
/// <param name="Suite">The suite.</param>
/// <param name="Checkpoint">The checkpoint.</param>
/// <param name="PrefixLength">Tokens of the canary that are given to the model.</param>
/// <param name="SecretLength">Tokens after the prefix that are measured.</param>
/// <param name="Alternatives">Random secrets for comparison.</param>
/// <param name="Rows">The canaries that the checkpoint has seen, and the controls.</param>
[TypeFormatterSource(typeof(TableFormatterSource), PreferredMimeTypes = [MimeTypes.Html, MimeTypes.Plain])]
public sealed record CanaryExposure(
    Suite Suite,
    Checkpoint Checkpoint,
    int PrefixLength,
    int SecretLength,
    int Alternatives,
    IReadOnlyList<ExposureRow> Rows) : IShownAsTable
{
    /// <summary>The rows as a data frame.</summary>
    public DataFrame ToDataFrame() => ParquetRows.ToDataFrame(Rows);

    /// <summary>The first rows as a table.</summary>
    public Table ToTable() => RowTable.Of($"Exposure of canaries at {Checkpoint} of {Suite.Name}", Rows);

    /// <summary>Loss, rank and exposure of one secret after a prefix.</summary>
    /// <param name="model">The model.</param>
    /// <param name="prefix">Token ids given, at least one.</param>
    /// <param name="secret">Token ids measured.</param>
    /// <param name="alternatives">Other secrets of the same length, for comparison.</param>
    /// <param name="cancellation">Checked before every pass.</param>
    /// <exception cref="Llm360Exception">
    /// A sequence is too long for the model or beyond its vocabulary.
    /// </exception>
    internal static (double Loss, int Rank, double Exposure) Measure(
        LanguageModel model, int[] prefix, int[] secret, IReadOnlyList<int[]> alternatives, CancellationToken cancellation)
    {
        var losses = ContinuationScoring.AfterPrefix(model, prefix, [secret, .. alternatives], cancellation)
            .Select(tokens => -tokens.Sum(t => (double)t.LogProbability)).ToList();
        var rank = 1 + losses.Skip(1).Count(l => l < losses[0]);
        return (losses[0], rank, Math.Log2(losses.Count) - Math.Log2(rank));
    }
}

/// <summary>Exposure of a suite's canaries.</summary>
public static class ExposureOfCheckpoint
{
    /// <summary>
    /// Measures the exposure of every canary that a checkpoint has seen, and of the controls.
    /// </summary>
    /// <remarks>
    /// The alternatives are drawn like the canaries: different tokens of those that canaries may
    /// have, with the recipe's seed. They are the same for every canary and every checkpoint.
    /// </remarks>
    /// <param name="suite">The suite.</param>
    /// <param name="checkpoint">The last when null.</param>
    /// <param name="prefixLength">Tokens of the canary that are given to the model.</param>
    /// <param name="secretLength">Tokens after the prefix that are measured.</param>
    /// <param name="alternatives">
    /// Secrets to draw. The largest possible exposure is log2(alternatives + 1).
    /// </param>
    /// <param name="run">Device, precision, progress in canaries, and cancellation.</param>
    /// <returns>The exposures; no rows if the suite has no canaries.</returns>
    /// <exception cref="Llm360Exception">The canaries are too short.</exception>
    public static async Task<CanaryExposure> ExposureAsync(
        this Suite suite,
        Checkpoint? checkpoint = null,
        int prefixLength = 8,
        int secretLength = 8,
        int alternatives = 255,
        RunOptions? run = null)
    {
        var at = checkpoint ?? suite.Checkpoints[^1];
        if (suite.Recipe?.Corpus.Canaries is not { } recipe || at.Tokenizer() is not SentencePieceTokenizer tokenizer)
            return new CanaryExposure(suite, at, prefixLength, secretLength, alternatives, []);
        ArgumentOutOfRangeException.ThrowIfLessThan(Math.Min(Math.Min(prefixLength, secretLength), alternatives), 1);
        if (prefixLength + secretLength > recipe.Length)
        {
            throw new Llm360Exception(
                $"The canaries have {recipe.Length} tokens; {prefixLength + secretLength} are needed.",
                suite.Folder,
                "Choose a shorter prefix or secret.");
        }

        var (progress, stop) = (run.Watcher(), run.StopToken());
        var seen = at.RequireChunksSeen();
        var canaries = Canary.ReadAll(Path.Combine(suite.Folder, SuiteLayout.Canaries))
            .Where(c => c.Chunk is null || c.Chunk < seen)
            .ToList();
        var random = SplitMix64.For(recipe.Seed, "exposure");
        var heldOut = ChunkReader.Read(suite.ValidationPath, cancellation: stop).Select(r => r.TokenIds);
        var tokens = CanaryTokens.Of(recipe, tokenizer.OrdinaryIds, heldOut);
        var drawn = Enumerable.Range(0, alternatives).Select(_ => CanaryPlanter.Draw(random, tokens, secretLength)).ToList();
        using var model = await at.LoadAsync(run).ConfigureAwait(false);
        TokenRows.CheckVocabulary(model.Config, [.. canaries.Select(c => c.TokenIds)], Path.Combine(suite.Folder, SuiteLayout.Canaries));
        var (rows, done) = (new ExposureRow[canaries.Count], 0);
        await ItemWorkers.RunAsync([.. canaries.Index()], ItemWorkers.CountFor(model), item =>
        {
            stop.ThrowIfCancellationRequested();
            var (i, canary) = item;
            var (prefix, secret) = (canary.TokenIds[..prefixLength], canary.TokenIds[prefixLength..(prefixLength + secretLength)]);
            var (loss, rank, exposure) = CanaryExposure.Measure(model, prefix, secret, drawn, stop);
            rows[i] = new ExposureRow
            {
                Canary = canary.Id,
                Chunk = canary.Chunk,
                Repetitions = canary.Repetitions,
                Loss = loss,
                Rank = rank,
                Exposure = exposure,
            };
            var count = Interlocked.Increment(ref done);
            progress?.Report(new WorkProgress($"exposure at {at}", count, canaries.Count, "canaries", canary.Id));
        }).ConfigureAwait(false);
        return new CanaryExposure(suite, at, prefixLength, secretLength, alternatives, rows);
    }
}
