// Blocks of logits, row by row.
using System.Buffers;
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>Takes logits of any of <see cref="WeightRows"/>' types apart: a row that is widened stays in the cache, where a copy of all would not.</summary>
internal static unsafe class LogitRows
{
    /// <summary>Does something for every row, shared out among LibTorch's threads.</summary>
    /// <param name="logits">[positions, block]</param>
    /// <param name="work">Takes the row's number, and its values as float32.</param>
    public static void ForEach(torch.Tensor logits, Action<int, nint> work)
    {
        using var whole = logits.contiguous();
        var rows = WeightRows.Of(whole);
        var width = (int)whole.shape[1];
        Parallelism.ForRows(whole.shape[0], width, row =>
        {
            var rented = ArrayPool<float>.Shared.Rent(width);
            fixed (float* scratch = rented)
                work((int)row, (nint)rows.AsFloats((int)row, 1, scratch));
            ArrayPool<float>.Shared.Return(rented);
        });
    }
}
