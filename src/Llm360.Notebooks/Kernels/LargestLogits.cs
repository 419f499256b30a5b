// The most probable token at each position, reduced block by block over the vocabulary.
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>Running argmax of logits on the CPU. The first of equal logits counts.</summary>
/// <param name="positions">Number of positions.</param>
internal sealed unsafe class LargestLogits(int positions)
{
    private readonly float[] largest = [.. Enumerable.Repeat(float.NegativeInfinity, positions)];

    /// <summary>
    /// The most probable token of each position so far; -1 where the largest logit is not finite.
    /// </summary>
    public int[] Tokens { get; } = [.. Enumerable.Repeat(-1, positions)];

    /// <summary>Adds a block. Positions are split among LibTorch's threads.</summary>
    /// <param name="logits">[positions, block]</param>
    /// <param name="first">The first token of the block.</param>
    public void Add(torch.Tensor logits, int first)
    {
        var width = (int)logits.shape[1];
        LogitRows.ForEach(logits, (row, values) =>
        {
            var x = (float*)values;
            var most = Largest(x, width);
            if (float.IsNaN(largest[row]) || most <= largest[row]) // A NaN stays the largest.
                return;
            (largest[row], Tokens[row]) = (most, float.IsFinite(most) ? first + new ReadOnlySpan<float>(x, width).IndexOf(most) : -1);
        });
    }

    /// <summary>
    /// The largest of n values of float32 or, as ushort, of bfloat16; NaN if any value is NaN.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static float Largest<T>(T* x, int n)
        where T : unmanaged
    {
        const int width = VectorWidth.Floats;
        Vector512<float> most = Vector512.Create(float.NegativeInfinity), other = most;
        var i = 0;
        for (; i <= n - (2 * width); i += 2 * width)
            (most, other) = (Vector512.Max(most, WeightRows.Load512(x + i)), Vector512.Max(other, WeightRows.Load512(x + i + width)));
        for (; i <= n - width; i += width)
            most = Vector512.Max(most, WeightRows.Load512(x + i));
        most = Vector512.Max(most, other);
        var result = most[0];
        for (var lane = 1; lane < width; lane++)
            result = Math.Max(result, most[lane]);
        for (; i < n; i++)
            result = Math.Max(result, WeightRows.Load(x + i));
        return result;
    }
}
