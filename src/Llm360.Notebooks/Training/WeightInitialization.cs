// The initial weights of training.

namespace Llm360.Notebooks;

/// <summary>
/// Initial weights: normal with one standard deviation. The two projections that write to the
/// residual stream are smaller by 1/sqrt(2 layers) (GPT-2's recipe). Norms are 1.
/// </summary>
internal static class WeightInitialization
{
    /// <summary>
    /// Fills <paramref name="weights"/>. Each tensor has its own random stream, so the values
    /// depend only on the seed and the tensor's name.
    /// </summary>
    public static void Fill(ParameterBuffer weights, ModelShape shape, int seed)
    {
        var residual = Enumerable.Range(0, shape.Layers)
            .SelectMany(i => new[] { LlamaNames.AttentionOutput(i), LlamaNames.Down(i) }).ToHashSet();
        foreach (var (name, view) in weights.Views)
        {
            if (view.dim() == 1)
            {
                weights.Values(name).Fill(1);
                continue;
            }

            var deviation = shape.InitializerRange * (residual.Contains(name) ? 1 / Math.Sqrt(2 * shape.Layers) : 1);
            FillNormal(weights.Values(name), deviation, SplitMix64.For(seed, name));
        }
    }

    // Box and Muller 1958: two uniforms give two normals.
    private static void FillNormal(Span<float> values, double deviation, SplitMix64 random)
    {
        for (var i = 0; i < values.Length; i += 2)
        {
            var radius = deviation * Math.Sqrt(-2 * Math.Log(1 - Uniform(random)));
            var angle = 2 * Math.PI * Uniform(random);
            values[i] = (float)(radius * Math.Cos(angle));
            if (i + 1 < values.Length)
                values[i + 1] = (float)(radius * Math.Sin(angle));
        }
    }

    private static double Uniform(SplitMix64 random) => (random.Next() >> 11) * (1.0 / (1UL << 53));
}
