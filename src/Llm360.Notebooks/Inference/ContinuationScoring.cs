// Log-probabilities of continuations, given the tokens before them.
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>Scores continuations by teacher forcing.</summary>
internal static class ContinuationScoring
{
    /// <summary>
    /// Rows at once: the hidden states of all their positions are kept until the head is applied.
    /// </summary>
    private const int RowsAtOnce = 32;

    /// <summary>The same for continuations of one prefix, which have fewer positions.</summary>
    private const int ContinuationsAtOnce = 64;

    /// <summary>Scores of the last tokens of rows, given the true tokens before them.</summary>
    /// <param name="model">The model.</param>
    /// <param name="rows">Rows of one length.</param>
    /// <param name="count">Number of tokens to score.</param>
    /// <param name="cancellation">Checked before every pass.</param>
    public static IReadOnlyList<IReadOnlyList<TokenScore>> Score(
        LanguageModel model, int[][] rows, int count, CancellationToken cancellation)
    {
        using var inference = inference_mode();
        var results = new List<TokenScore[]>(rows.Length);
        if (rows.Length == 0)
            return results;
        var slots = DeviceMemory.Rows(model, rows[0].Length, rows.Length, RowsAtOnce);
        using var decoder = new RowDecoder(model, slots, rows[0].Length);
        foreach (var part in rows.Chunk(slots))
        {
            using var scope = NewDisposeScope();
            var targets = new TargetTokens([.. part.SelectMany(row => row[^count..])], model.Device);
            var hidden = decoder.Compute([.. part.Select((row, slot) => new Segment(slot, row[..^1], count))], cancellation);
            results.AddRange(HeadReduction.Scores(model, hidden, targets).Chunk(count));
            for (var slot = 0; slot < part.Length; slot++)
                decoder.TakeBack(slot, 0);
        }

        return results;
    }

    /// <summary>
    /// Scores of the tokens of several continuations of one prefix, which is computed once.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="prefix">At least one token.</param>
    /// <param name="continuations">Of one length.</param>
    /// <param name="cancellation">Checked before every pass.</param>
    public static IReadOnlyList<IReadOnlyList<TokenScore>> AfterPrefix(
        LanguageModel model, int[] prefix, IReadOnlyList<int[]> continuations, CancellationToken cancellation)
    {
        using var inference = inference_mode();
        var results = new List<TokenScore[]>(continuations.Count);
        if (continuations.Count == 0)
            return results;
        // The first token of a continuation is scored where the last one of the prefix is computed.
        var (count, kept) = (continuations[0].Length, prefix.Length - 1);
        var slots = DeviceMemory.Rows(model, kept + count, continuations.Count, ContinuationsAtOnce);
        using var decoder = new RowDecoder(model, slots, kept + count);
        if (kept > 0)
        {
            decoder.Compute([new Segment(0, prefix[..^1])], cancellation).Dispose();
            decoder.CopyToAll(0, kept);
        }

        foreach (var part in continuations.Chunk(slots))
        {
            using var scope = NewDisposeScope();
            var targets = new TargetTokens([.. part.SelectMany(tokens => tokens)], model.Device);
            var hidden = decoder.Compute(
                [.. part.Select((tokens, slot) => new Segment(slot, [prefix[^1], .. tokens[..^1]], count))], cancellation);
            results.AddRange(HeadReduction.Scores(model, hidden, targets).Chunk(count));
            for (var slot = 0; slot < part.Length; slot++)
                decoder.TakeBack(slot, kept);
        }

        return results;
    }
}
