// The candidates for the most probable token, reduced block by block over the vocabulary.
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>
/// Tokens with logits so close to the largest of their position that they may be the most probable.
/// </summary>
/// <param name="doubts">For each position, how far below the largest a logit may be.</param>
internal sealed unsafe class NearLargestLogits(double[] doubts)
{
    /// <summary>Maximum number of tokens kept for a position.</summary>
    private const int MaxCandidates = 1024;

    private readonly Position[] positions =
    [
        .. doubts.Select(d => new Position
        {
            Doubt = d,
            Largest = float.NegativeInfinity,
            Near = double.IsFinite(d) ? [] : null,
        }),
    ];

    /// <summary>
    /// The tokens of a position in the order of the vocabulary; null if they are too many or the
    /// largest logit of a block is not finite.
    /// </summary>
    public IReadOnlyList<int>? Of(int position)
    {
        ref var p = ref positions[position];
        Forget(ref p);
        return p.Near?.ConvertAll(n => n.Token);
    }

    /// <summary>Adds a block. Positions are split among LibTorch's threads.</summary>
    /// <param name="logits">
    /// [positions, block], contiguous, float32 or bfloat16. Logits in bfloat16 are themselves
    /// rounded; this method allows for it.
    /// </param>
    /// <param name="first">The first token of the block.</param>
    public void Add(torch.Tensor logits, int first)
    {
        var (rows, width) = (WeightRows.Of(logits), (int)logits.shape[1]);
        Parallelism.ForRows(positions.Length, width, row =>
        {
            if (rows.Type == torch.ScalarType.Float32)
                Add(ref positions[row], (float*)rows.At((int)row), width, first);
            else
                Add(ref positions[row], (ushort*)rows.At((int)row), width, first);
        });
        GC.KeepAlive(logits);
    }

    private static void Add<T>(ref Position p, T* x, int width, int first)
        where T : unmanaged
    {
        if (p.Near is not { } near)
            return;
        var most = LargestLogits.Largest(x, width);
        if (!float.IsFinite(most))
        {
            p.Near = null;
            return;
        }

        if (most > p.Largest)
        {
            // bfloat16 rounds by at most 1/256, both the largest logit and the one compared with
            // it. The latter may exceed the former by the doubt. 1/64 is safely more than both.
            p.Largest = most;
            p.Floor = (float)(most - p.Doubt - (typeof(T) == typeof(float) ? 0 : (Math.Abs(most) + p.Doubt) / 64));
        }

        if (most < p.Floor)
            return;
        AddNear(x, width, first, p.Floor, near);
        if (near.Count > MaxCandidates)
            Forget(ref p);
        if (near.Count > MaxCandidates)
            p.Near = null;
    }

    // Removes tokens that are no longer near the largest.
    private static void Forget(ref Position p)
    {
        var floor = p.Floor;
        p.Near?.RemoveAll(n => n.Logit < floor);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void AddNear<T>(T* x, int n, int first, float floor, List<(int Token, float Logit)> near)
        where T : unmanaged
    {
        const int width = VectorWidth.Floats;
        var i = 0;
        for (; i <= n - width; i += width)
        {
            var isNear = Vector512.GreaterThanOrEqual(WeightRows.Load512(x + i), Vector512.Create(floor));
            for (var lanes = isNear.ExtractMostSignificantBits(); lanes != 0; lanes &= lanes - 1)
                Keep(i + BitOperations.TrailingZeroCount(lanes));
        }

        for (; i < n; i++)
        {
            if (WeightRows.Load(x + i) >= floor)
                Keep(i);
        }

        void Keep(int i) => near.Add((first + i, WeightRows.Load(x + i)));
    }

    private struct Position
    {
        public double Doubt;
        public float Largest, Floor;
        public List<(int Token, float Logit)>? Near;
    }
}
