// Blocks of logits, row by row.
using System.Buffers;
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>
/// Splits logits of any of <see cref="WeightRows"/>' types into rows. A widened row stays in the
/// cache; a widened copy of all rows would not.
/// </summary>
internal static unsafe class LogitRows
{
    /// <summary>Runs an action on every row. Rows are split among LibTorch's threads.</summary>
    /// <param name="logits">[positions, block]</param>
    /// <param name="work">Takes the index of the row and its values as float32.</param>
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
