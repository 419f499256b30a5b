// The loss on sequences that training never sees.
using Llm360.Notebooks.Corpora;
using Llm360.Notebooks.Models;
using static TorchSharp.torch;

namespace Llm360.Notebooks.Training;

/// <summary>Mean loss on held-out sequences.</summary>
internal static class HeldOutLoss
{
    private const int RowsAtOnce = 16;

    /// <summary>The tokens of evenly spaced rows, so that every source is in the sample in proportion: the rows stand source by source.</summary>
    public static int[] Sample(IReadOnlyList<TokenRow> rows, int count)
    {
        count = Math.Min(count, rows.Count);
        return [.. Enumerable.Range(0, count).SelectMany(i => rows[(int)((long)i * rows.Count / count)].TokenIds)];
    }

    /// <summary>Mean over all rows and positions, nats per token.</summary>
    /// <param name="state">The weights.</param>
    /// <param name="tokens">[rows, length] row by row.</param>
    /// <param name="length">Tokens a row.</param>
    public static double Of(TrainingState state, int[] tokens, int length)
    {
        using var inference = inference_mode();
        using var model = new LlamaModel(state.Config, state.Weights.Views);
        var rows = tokens.Length / length;
        var sum = 0.0;
        for (var first = 0; first < rows; first += RowsAtOnce)
        {
            using var scope = NewDisposeScope();
            var count = Math.Min(RowsAtOnce, rows - first);
            var ids = tensor(tokens.AsSpan(first * length, count * length).ToArray().Select(t => (long)t).ToArray(), [count, length]);
            var logits = model.Logits(model.Forward(ids.narrow(1, 0, length - 1))).view(-1, state.Config.VocabularySize); // [rows x time, vocabulary]
            sum += nn.functional.cross_entropy(logits, ids.narrow(1, 1, length - 1).reshape(-1), reduction: nn.Reduction.Sum).item<float>();
        }

        return sum / ((long)rows * (length - 1));
    }
}
