// A score as a sum over the tokens of a row.
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>Splits dot products with a row's gradient by its tokens.</summary>
internal static class TokenParts
{
    /// <summary>
    /// For token t: sum over linear layers of y_t . (U x_t), and the embedding's U[id] . y_t.
    /// </summary>
    /// <param name="config">The model's configuration.</param>
    /// <param name="factors">The row's gradient as factors.</param>
    /// <param name="row">Its token ids.</param>
    /// <param name="held">
    /// U of a parameter, flat in the file's layout; null for a parameter that does not count.
    /// </param>
    public static double[] Of(ModelConfig config, RowGradient factors, int[] row, Func<string, Tensor?> held)
    {
        using var scope = NewDisposeScope();
        var parts = zeros([row.Length], float64);
        foreach (var layer in LinearLayer.Of(config))
        {
            if (held(layer.Parameter) is not { } flat)
                continue;
            var u = layer.IsInputFirst ? flat.view(layer.Inputs, layer.Outputs) : flat.view(layer.Outputs, layer.Inputs).t(); // [in, out]
            var (x, y) = (factors.Tensors[LinearLayer.InputName(layer.Module)],
                factors.Tensors[LinearLayer.OutputGradientName(layer.Module)]);
            parts.AddTo(x.matmul(u).mul(y).sum(1).to(float64).cpu());
        }

        if (held(config.EmbeddingName) is { } embedding)
        {
            var y = factors.Tensors[LinearLayer.OutputGradientName(LinearLayer.EmbeddingModule(config))];
            var ids = tensor(row.Select(t => (long)t).ToArray(), device: y.device);
            parts.AddTo(embedding.view(config.VocabularySize, -1).index_select(0, ids).mul(y).sum(1).to(float64).cpu());
        }

        return parts.data<double>().ToArray();
    }
}
