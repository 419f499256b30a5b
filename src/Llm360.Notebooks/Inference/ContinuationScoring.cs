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
}
