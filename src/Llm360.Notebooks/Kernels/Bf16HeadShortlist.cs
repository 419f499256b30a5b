// Exact greedy tokens of a float32 model by a bfloat16 copy of its head.
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>
/// A float32 head rounded to bfloat16. It takes half the bytes, and processors that multiply
/// bfloat16 compute it at twice the rate. It selects the tokens that may be the most probable. Only
/// their logits are computed from the head itself.
/// </summary>
/// <remarks>
/// Let x' and w' be the rounded values. By Cauchy and Schwarz, |x w - x' w'| is at most |x - x'|
/// |w| + |x'| |w - w'|. A token is not the most probable one if its rounded logit is below the
/// largest by more than twice this bound. The norms are measured: that of x at each position, that
/// of w as the largest of the vocabulary. The error of sums in float32 is added to the bound.
/// Usually fewer than ten tokens are left.
/// </remarks>
internal sealed unsafe class Bf16HeadShortlist : IDisposable
{
    /// <summary>
    /// Largest number of positions for which reading the head dominates the time. Up to it, the
    /// kit's kernel widens the head, and x is not rounded.
    /// </summary>
    private const int MaxRows = 16;

    /// <summary>
    /// Logits per block, about as many as fit in the processors' own caches; and the minimum of
    /// tokens per block, because oneDNN reorders x for each block.
    /// </summary>
    private const int LogitsAtOnce = 1 << 19, BlockAtLeast = 8192;

    private const int Width = VectorWidth.Floats;

    /// <summary>
    /// Added to sums of squares. It is more than squares and products of the tiniest values lose by
    /// underflow. Where it matters, the doubt is large and the head itself decides.
    /// </summary>
    private const double UnderflowFloor = 1e-30;

    private readonly Tensor head, rounded; // [vocabulary, width]
    private readonly int vocabulary, width;
    private readonly double norm, lost; // the largest |w| and |w - w'|

    /// <summary>Rounds a head.</summary>
    /// <param name="head">
    /// float32 [vocabulary, width], contiguous, the width a multiple of 16; it must outlive this
    /// object and not change.
    /// </param>
    public Bf16HeadShortlist(Tensor head)
    {
        this.head = head;
        (vocabulary, width) = ((int)head.shape[0], (int)head.shape[1]);
        rounded = head.to(bfloat16).DetachFromDisposeScope();
        var norms = new (double W, double Lost)[vocabulary];
        WeightRows exact = WeightRows.Of(head), stored = WeightRows.Of(rounded);
        Parallelism.ForRows(vocabulary, width, i => norms[i] = Norms((float*)exact.At((int)i), (ushort*)stored.At((int)i), width));
        (norm, lost) = (norms.Max(n => n.W), norms.Max(n => n.Lost));
    }

    /// <summary>Whether this is possible, and faster than products with the head.</summary>
    /// <param name="hidden">[positions, width]</param>
    /// <param name="head">[vocabulary, width]</param>
    public static bool Takes(Tensor hidden, Tensor head) =>
        TensorMemory.IsPlain(hidden) && TensorMemory.IsPlain(head) && hidden.is_contiguous() && head.is_contiguous()
        && head.shape[1] % Width == 0 && (hidden.shape[0] <= MaxRows || NarrowTypes.MultipliesBFloat16);

    /// <summary>
    /// The most probable token at each position. It is null where only the head itself can decide,
    /// because a value is not finite or too many tokens are in doubt.
    /// </summary>
    /// <param name="hidden">float32 [positions, width], contiguous.</param>
    public int?[] Argmax(Tensor hidden)
    {
        using var scope = NewDisposeScope();
        var positions = (int)hidden.shape[0];
        var x = positions > MaxRows && NarrowTypes.Rounds(ScalarType.BFloat16) ? hidden.to(bfloat16) : hidden;
        var near = new NearLargestLogits(Doubts(hidden, x));
        var block = Math.Max(LogitsAtOnce / positions, BlockAtLeast);
        for (var first = 0; first < vocabulary; first += block)
        {
            using var step = NewDisposeScope();
            near.Add(LinearProduct.Of(x, rounded.narrow(0, first, Math.Min(block, vocabulary - first)), null), first);
        }

        var tokens = new int?[positions];
        WeightRows exact = WeightRows.Of(hidden), weights = WeightRows.Of(head);
        Parallelism.ForRows(positions, width * 8, i =>
            tokens[i] = near.Of((int)i) is { } few ? Best((float*)exact.At((int)i), weights, few) : null);
        GC.KeepAlive((hidden, head));
        return tokens;
    }

    /// <inheritdoc/>
    public void Dispose() => rounded.Dispose();

    // Twice the largest error of a logit at each position, plus a thousandth for the rounding of
    // these computations.
    private double[] Doubts(Tensor hidden, Tensor x)
    {
        var sums = 2 * (width + 8) * Math.Pow(2, -24); // Bound on the error of float32 sums relative to |x| |w|, in any order.
        WeightRows exact = WeightRows.Of(hidden), stored = WeightRows.Of(x);
        var doubts = new double[hidden.shape[0]];
        for (var i = 0; i < doubts.Length; i++)
        {
            var row = (float*)exact.At(i);
            var (all, rest) = stored.Type == ScalarType.BFloat16 ? Norms(row, (ushort*)stored.At(i), width) : Norms(row, row, width);
            doubts[i] = 2.002 * ((rest * norm) + ((all + rest) * (lost + (sums * (norm + lost)))));
        }

        GC.KeepAlive((hidden, x));
        return doubts;
    }

    // |x| and |x - y|
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (double X, double Difference) Norms<T>(float* x, T* y, int n)
        where T : unmanaged
    {
        Vector512<float> squares = default, differences = default;
        for (var i = 0; i < n; i += Width)
        {
            Vector512<float> v = Vector512.Load(x + i), d = v - WeightRows.Load512(y + i);
            squares += v * v;
            differences += d * d;
        }

        return (Math.Sqrt(Vector512.Sum(squares) + UnderflowFloor), Math.Sqrt(Vector512.Sum(differences) + UnderflowFloor));
    }

    private int? Best(float* x, WeightRows weights, IReadOnlyList<int> tokens)
    {
        var (best, most) = ((int?)null, float.NegativeInfinity);
        foreach (var token in tokens)
        {
            var logit = (float)Dot(x, (float*)weights.At(token), width);
            if (!float.IsFinite(logit))
                return null;
            if (logit > most)
                (best, most) = (token, logit);
        }

        return best;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static double Dot(float* x, float* y, int n)
    {
        Vector512<double> low = default, high = default;
        for (var i = 0; i < n; i += Width)
        {
            var (a, b) = (Vector512.Widen(Vector512.Load(x + i)), Vector512.Widen(Vector512.Load(y + i)));
            low += a.Lower * b.Lower;
            high += a.Upper * b.Upper;
        }

        return Vector512.Sum(low + high);
    }
}
