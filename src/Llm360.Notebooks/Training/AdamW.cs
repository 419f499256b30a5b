// AdamW over flat buffers: one pass that reads each value once.
using System.Numerics;

namespace Llm360.Notebooks;

/// <summary>
/// AdamW (Loshchilov and Hutter 2019) with the clipping of <c>clip_grad_norm_</c>. Every parameter
/// decays, as in Amber's script.
/// </summary>
/// <remarks>
/// With n the number of updates including this one: w *= 1 - lr decay; m = b1 m + (1 - b1) g; v =
/// b2 v + (1 - b2) g²; w -= lr (m / (1 - b1^n)) / (sqrt(v / (1 - b2^n)) + eps). This is the
/// arithmetic of <c>torch.optim.AdamW</c>.
/// </remarks>
internal sealed class AdamW(LlamaConfig config, TrainingRecipe recipe) : IDisposable
{
    private const int BlockLength = 1 << 12;

    /// <summary>Exponential mean of the gradient, m.</summary>
    public ParameterBuffer FirstMoment { get; } = new(config);

    /// <summary>Exponential mean of its square, v.</summary>
    public ParameterBuffer SecondMoment { get; } = new(config);

    /// <summary>Number of updates so far.</summary>
    public long Steps { get; set; }

    /// <summary>
    /// Selects the weights that decay; null for all. The tests set it to exclude the norms.
    /// </summary>
    public Func<string, bool>? Decays { get; init; }

    /// <summary>The global norm of a gradient, before clipping.</summary>
    public static unsafe double Norm(ParameterBuffer gradients)
    {
        // Partial sums over fixed blocks and sixteen lanes: precise, and the same on every
        // processor.
        var sum = 0.0;
        for (var start = 0L; start < gradients.Count; start += BlockLength)
            sum += VectorMath.Dot(gradients.Data + start, gradients.Data + start, (int)Math.Min(BlockLength, gradients.Count - start));
        return Math.Sqrt(sum);
    }

    /// <summary>One update.</summary>
    /// <param name="weights">Changed in place.</param>
    /// <param name="gradients">
    /// Not changed; the update uses them scaled by min(1, clip / (norm + 1e-6)).
    /// </param>
    /// <param name="gradientNorm">From <see cref="Norm"/>.</param>
    /// <param name="learningRate">Learning rate of this step.</param>
    public void Step(ParameterBuffer weights, ParameterBuffer gradients, double gradientNorm, double learningRate)
    {
        Steps++;
        var constants = new Constants(
            Scale: (float)Math.Min(1, recipe.ClipNorm / (gradientNorm + 1e-6)),
            Decay: (float)(1 - (learningRate * recipe.WeightDecay)),
            StepSize: (float)(learningRate / (1 - Math.Pow(recipe.Beta1, Steps))),
            RootCorrection: (float)Math.Sqrt(1 - Math.Pow(recipe.Beta2, Steps)));
        foreach (var name in weights.Views.Keys)
        {
            var decayed = Decays?.Invoke(name) == false ? constants with { Decay = 1 } : constants;
            Update(weights.Values(name), gradients.Values(name), FirstMoment.Values(name), SecondMoment.Values(name), decayed);
        }
    }

    public void Dispose()
    {
        FirstMoment.Dispose();
        SecondMoment.Dispose();
    }

    private void Update(Span<float> w, ReadOnlySpan<float> g, Span<float> m, Span<float> v, Constants c)
    {
        float beta1 = (float)recipe.Beta1, beta2 = (float)recipe.Beta2, eps = (float)recipe.Eps;
        float rest1 = (float)(1 - recipe.Beta1), rest2 = (float)(1 - recipe.Beta2);
        var i = 0;
        for (; i <= w.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            var gradient = new Vector<float>(g[i..]) * c.Scale;
            var first = (new Vector<float>(m[i..]) * beta1) + (gradient * rest1);
            var second = (new Vector<float>(v[i..]) * beta2) + (gradient * gradient * rest2);
            var denominator = (Vector.SquareRoot(second) / new Vector<float>(c.RootCorrection)) + new Vector<float>(eps);
            first.CopyTo(m[i..]);
            second.CopyTo(v[i..]);
            ((new Vector<float>(w[i..]) * c.Decay) - (first / denominator * c.StepSize)).CopyTo(w[i..]);
        }

        for (; i < w.Length; i++)
        {
            var gradient = g[i] * c.Scale;
            m[i] = (m[i] * beta1) + (gradient * rest1);
            v[i] = (v[i] * beta2) + (gradient * gradient * rest2);
            w[i] = (w[i] * c.Decay) - (m[i] / ((MathF.Sqrt(v[i]) / c.RootCorrection) + eps) * c.StepSize);
        }
    }

    private readonly record struct Constants(float Scale, float Decay, float StepSize, float RootCorrection);
}
