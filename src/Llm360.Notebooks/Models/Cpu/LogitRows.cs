// What is asked of a row of logits, in two passes over it.
using System.Runtime.Intrinsics;
using TorchSharp;

namespace Llm360.Notebooks.Models.Cpu;

/// <summary>Reduces rows of float32 logits on the CPU.</summary>
internal static unsafe class LogitRows
{
    /// <summary>Elements whose sums are taken in float32 before they go into a double.</summary>
    private const int Piece = 4096;

    /// <summary>Reduces every row, rows shared out among LibTorch's threads.</summary>
    /// <param name="logits">[rows, vocabulary], float32, contiguous.</param>
    /// <param name="targets">The true token of each row; -1 for none.</param>
    /// <param name="results">[rows]</param>
    public static void Reduce(torch.Tensor logits, ReadOnlyMemory<int> targets, Memory<TokenScore> results)
    {
        var vocabulary = (int)logits.shape[1];
        fixed (byte* data = logits.bytes)
        {
            var start = (nint)data;
            var threads = torch.get_num_threads();
            if (threads == 1)
            {
                for (var row = 0; row < results.Length; row++)
                    results.Span[row] = Reduce((float*)start + ((long)row * vocabulary), vocabulary, targets.Span[row]);
            }
            else
            {
                Parallel.For(0, results.Length, new ParallelOptions { MaxDegreeOfParallelism = threads }, row =>
                    results.Span[row] = Reduce((float*)start + ((long)row * vocabulary), vocabulary, targets.Span[row]));
            }
        }
    }

    private static TokenScore Reduce(float* x, int n, int target)
    {
        var (largest, place, above) = Largest(x, n, target < 0 ? float.PositiveInfinity : x[target]);
        double sum = 0, weighted = 0; // of exp(x - max), and of (x - max) exp(x - max)
        for (var at = 0; at < n; at += Piece)
        {
            var (s, w) = Sums(x + at, Math.Min(Piece, n - at), largest);
            (sum, weighted) = (sum + s, weighted + w);
        }

        var log = Math.Log(sum);
        return new TokenScore(
            target < 0 ? float.NaN : (float)(x[target] - largest - log),
            target < 0 ? -1 : above,
            place,
            (float)(log - (weighted / sum)));
    }

    // The first place of the largest value, and how many are larger than the target's.
    private static (float Largest, int Place, int Above) Largest(float* x, int n, float target)
    {
        var largest = Vector512.Create(float.NegativeInfinity);
        var above = Vector512<int>.Zero;
        var i = 0;
        for (; i <= n - 16; i += 16)
        {
            var v = Vector512.Load(x + i);
            largest = Vector512.Max(largest, v);
            above -= Vector512.GreaterThan(v, Vector512.Create(target)).AsInt32();
        }

        var (most, count) = (float.NegativeInfinity, Vector512.Sum(above));
        for (var lane = 0; lane < 16; lane++)
            most = Math.Max(most, largest[lane]);
        for (; i < n; i++)
        {
            most = Math.Max(most, x[i]);
            count += x[i] > target ? 1 : 0;
        }

        return (most, new ReadOnlySpan<float>(x, n).IndexOf(most), count);
    }

    private static (float Sum, float Weighted) Sums(float* x, int n, float largest)
    {
        Vector512<float> sum = default, weighted = default;
        var i = 0;
        for (; i <= n - 16; i += 16)
            Add(Vector512.Load(x + i) - Vector512.Create(largest));
        if (i < n)
        {
            // What is not there counts as e^-87, which is nothing beside the largest's e^0.
            var rest = stackalloc float[16];
            new Span<float>(rest, 16).Fill(float.MinValue);
            new ReadOnlySpan<float>(x + i, n - i).CopyTo(new Span<float>(rest, 16));
            Add(Vector512.Max(Vector512.Load(rest) - Vector512.Create(largest), Vector512.Create(Exponential.Lowest)));
        }

        return (Vector512.Sum(sum), Vector512.Sum(weighted));

        void Add(Vector512<float> v)
        {
            var e = Exponential.OfBounded(v);
            sum += e;
            weighted = Vector512.MultiplyAddEstimate(Vector512.Max(v, Vector512.Create(Exponential.Lowest)), e, weighted);
        }
    }
}
