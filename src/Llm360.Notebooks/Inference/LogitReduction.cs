// What is asked of the logits, taken up block of the vocabulary by block.
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>Reduces logits of some positions on the CPU as they come, a block of the vocabulary at a time: none is kept.</summary>
/// <remarks>
/// The sums of the softmax are carried along with the largest logit so far and scaled when it grows (Milakov and Gimelshein 2018, arXiv 1805.02867). The true token's logit is known only when its block comes; until then
/// others are compared with bounds on it, and those between them are kept for the end, so that ranks are exact.
/// </remarks>
internal sealed unsafe class LogitReduction
{
    private const int Width = VectorWidth.Floats;

    /// <summary>Elements whose sums are taken in float32 before they go into a double.</summary>
    private const int BlockLength = 4096;

    private readonly int[] targets;
    private readonly Position[] positions;

    /// <summary>Begins.</summary>
    /// <param name="targets">The true next token of each position; -1 for none.</param>
    /// <param name="low">What its logit is at least.</param>
    /// <param name="high">What its logit is at most.</param>
    public LogitReduction(int[] targets, float[] low, float[] high)
    {
        this.targets = targets;
        positions = [.. low.Zip(high, (l, h) => new Position { Largest = float.NegativeInfinity, Low = l, High = h })];
    }

    /// <summary>Positions whose logit was not between the bounds, and whose rank is therefore not known; NaN never is.</summary>
    public IEnumerable<int> Unsure => positions.Index().Where(p => targets[p.Index] >= 0 && !(p.Item.Target >= p.Item.Low && p.Item.Target <= p.Item.High)).Select(p => p.Index);

    /// <summary>Takes up a block, positions shared out among LibTorch's threads.</summary>
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
        return targets[i] < 0 ? new TokenScore(float.NaN, -1, p.Argmax, entropy, deviation)
            : new TokenScore((float)(p.Target - p.Largest - log), p.Above + (p.Near?.Count(x => x > p.Target) ?? 0), p.Argmax, entropy, deviation);
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
                (p.Sum, p.Weighted, p.Squared) = (p.Sum * scale, (p.Weighted + (shift * p.Sum)) * scale, (p.Squared + (2 * shift * p.Weighted) + (shift * shift * p.Sum)) * scale);
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

    // The largest, and on the way those that are surely above the true token's logit, and those that may be.
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
        if (possibly > surely && p.Low < p.High) // Where the bounds are one value, what lies between them is equal to the logit.
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
            var between = Vector512.AndNot(Vector512.GreaterThanOrEqual(v, Vector512.Create(low)), Vector512.GreaterThan(v, Vector512.Create(high)));
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

    // Of exp(x - largest), and of the same times (x - largest) and its square.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (float Sum, float Weighted, float Squared) Sums(float* x, int n, float largest)
    {
        Vector512<float> sum = default, weighted = default, squared = default, most = Vector512.Create(largest), lowest = Vector512.Create(Exponential.Lowest);
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
