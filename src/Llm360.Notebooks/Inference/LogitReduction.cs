// Reduces logits block by block over the vocabulary, so that all are never in memory at once.
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>
/// Reduces the logits of some positions on the CPU, one block of the vocabulary at a time. No
/// logits are kept.
/// </summary>
/// <remarks>
/// The sums of the softmax are relative to the largest logit so far and rescaled when it grows
/// (Milakov and Gimelshein 2018, arXiv 1805.02867). The true token's logit is known only when its
/// block comes. Until then, other logits are compared with bounds on it. Logits between the bounds
/// are kept until the end, so that ranks are exact.
/// </remarks>
internal sealed unsafe class LogitReduction
{
    private const int Width = VectorWidth.Floats;

    /// <summary>Elements that are summed in float32 before the sum is added to a double.</summary>
    private const int BlockLength = 4096;

    private readonly int[] targets;
    private readonly Position[] positions;

    /// <summary>Prepares the reduction.</summary>
    /// <param name="targets">The true next token of each position; -1 for none.</param>
    /// <param name="low">Lower bounds on its logit.</param>
    /// <param name="high">Upper bounds on its logit.</param>
    public LogitReduction(int[] targets, float[] low, float[] high)
    {
        this.targets = targets;
        positions = [.. low.Zip(high, (l, h) => new Position { Largest = float.NegativeInfinity, Low = l, High = h })];
    }

    /// <summary>
    /// Positions whose true logit was not between its bounds, so that the rank is unknown. A NaN is
    /// never between them.
    /// </summary>
    public IEnumerable<int> Unsure => positions.Index()
        .Where(p => targets[p.Index] >= 0 && !(p.Item.Target >= p.Item.Low && p.Item.Target <= p.Item.High))
        .Select(p => p.Index);

    /// <summary>Adds a block. Positions are split among LibTorch's threads.</summary>
    /// <param name="logits">[positions, block]</param>
    /// <param name="first">The first token of the block.</param>
    public void Add(torch.Tensor logits, int first)
    {
        var width = (int)logits.shape[1];
        LogitRows.ForEach(logits, (row, values) => Add(row, (float*)values, width, first));
    }

    /// <summary>The results, after all blocks.</summary>
    public TokenScore[] Results() => [.. positions.Select((p, i) =>
    {
        var log = Math.Log(p.Sum);
        var mean = p.Weighted / p.Sum;
        var (entropy, deviation) = ((float)(log - mean), (float)Math.Sqrt(Math.Max(0, (p.Squared / p.Sum) - (mean * mean))));
        if (targets[i] < 0)
            return new TokenScore(float.NaN, -1, p.Argmax, entropy, deviation);
        var rank = p.Above + (p.Near?.Count(x => x > p.Target) ?? 0);
        return new TokenScore((float)(p.Target - p.Largest - log), rank, p.Argmax, entropy, deviation);
    })];

    private void Add(int row, float* x, int n, int first)
    {
        ref var p = ref positions[row];
        var target = targets[row];
        if (target >= first && target < first + n)
            p.Target = x[target - first];
        var largest = target < 0 ? LargestLogits.Largest(x, n) : Compare(x, n, ref p);
        if (largest > p.Largest)
        {
            var shift = p.Largest - largest;
            if (p.Sum > 0)
            {
                var scale = Math.Exp(shift);
                var squared = (p.Squared + (2 * shift * p.Weighted) + (shift * shift * p.Sum)) * scale;
                (p.Sum, p.Weighted, p.Squared) = (p.Sum * scale, (p.Weighted + (shift * p.Sum)) * scale, squared);
            }

            p.Largest = largest;
            p.Argmax = first + new ReadOnlySpan<float>(x, n).IndexOf(largest);
        }

        for (var at = 0; at < n; at += BlockLength)
        {
            var (sum, weighted, squared) = Sums(x + at, Math.Min(BlockLength, n - at), p.Largest);
            (p.Sum, p.Weighted, p.Squared) = (p.Sum + sum, p.Weighted + weighted, p.Squared + squared);
        }
    }

    // Finds the largest logit. Also counts the logits that are surely above the true token's, and
    // keeps those that may be.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static float Compare(float* x, int n, ref Position p)
    {
        Vector512<float> largest = Vector512.Create(float.NegativeInfinity), low = Vector512.Create(p.Low), high = Vector512.Create(p.High);
        Vector512<int> above = default, notBelow = default;
        var i = 0;
        for (; i <= n - Width; i += Width)
        {
            var v = Vector512.Load(x + i);
            largest = Vector512.MaxNative(largest, v);
            above -= Vector512.GreaterThan(v, high).AsInt32();
            notBelow -= Vector512.GreaterThanOrEqual(v, low).AsInt32();
        }

        var (surely, possibly, most, whole) = (Vector512.Sum(above), Vector512.Sum(notBelow), Largest(largest), i);
        for (; i < n; i++)
        {
            most = Math.Max(most, x[i]);
            surely += x[i] > p.High ? 1 : 0;
            possibly += x[i] >= p.Low ? 1 : 0;
        }

        p.Above += surely;
        if (possibly > surely && p.Low < p.High) // If the bounds are equal, logits between them equal the true logit.
            AddNear(x, n, p.Low, p.High, p.Near ??= []);

        return most;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void AddNear(float* x, int n, float low, float high, List<float> near)
    {
        var i = 0;
        for (; i <= n - Width; i += Width)
        {
            var v = Vector512.Load(x + i);
            var isAtLeast = Vector512.GreaterThanOrEqual(v, Vector512.Create(low));
            var between = Vector512.AndNot(isAtLeast, Vector512.GreaterThan(v, Vector512.Create(high)));
            for (var lanes = between.ExtractMostSignificantBits(); lanes != 0; lanes &= lanes - 1)
                near.Add(x[i + BitOperations.TrailingZeroCount(lanes)]);
        }

        for (; i < n; i++)
        {
            if (x[i] >= low && !(x[i] > high))
                near.Add(x[i]);
        }
    }

    private static float Largest(Vector512<float> x)
    {
        var most = x[0];
        for (var lane = 1; lane < Width; lane++)
            most = Math.Max(most, x[lane]);
        return most;
    }

    // Sums of exp(x - largest), and of the same times (x - largest) and times its square.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (float Sum, float Weighted, float Squared) Sums(float* x, int n, float largest)
    {
        Vector512<float> sum = default, weighted = default, squared = default;
        Vector512<float> most = Vector512.Create(largest), lowest = Vector512.Create(Exponential.Lowest);
        var i = 0;
        for (; i <= n - Width; i += Width)
        {
            var v = Vector512.MaxNative(lowest, Vector512.Load(x + i) - most);
            var e = Exponential.OfBounded(v);
            sum += e;
            e *= v;
            weighted += e;
            squared = Vector512.MultiplyAddEstimate(v, e, squared);
        }

        var (rest, weightedRest, squaredRest) = (0f, 0f, 0f);
        for (; i < n; i++)
        {
            var v = MathF.Max(x[i] - largest, Exponential.Lowest);
            var e = MathF.Exp(v);
            rest += e;
            weightedRest += v * e;
            squaredRest += v * v * e;
        }

        return (Vector512.Sum(sum) + rest, Vector512.Sum(weighted) + weightedRest, Vector512.Sum(squared) + squaredRest);
    }

    private struct Position
    {
        public float Largest, Low, High, Target;
        public double Sum, Weighted, Squared;
        public int Argmax, Above;
        public List<float>? Near;
    }
}
