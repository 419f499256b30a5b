// Keys and values of a changing set of rows; each row has a slot, filled up to the row's length.
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>A key-value cache whose rows have lengths of their own.</summary>
internal sealed class SlotCache : IDisposable
{
    private readonly torch.Tensor[] keys, values; // [slots, capacity, key-value heads, head] each

    /// <summary>Allocates room.</summary>
    /// <param name="model">The model.</param>
    /// <param name="slots">Maximum number of rows at a time.</param>
    /// <param name="capacity">Positions per row.</param>
    public SlotCache(LanguageModel model, int slots, int capacity)
    {
        (Lengths, Capacity) = (new int[slots], capacity);
        var tensors = new List<torch.Tensor>();
        try
        {
            for (var i = 0; i < 2 * model.Config.Layers; i++)
            {
                long[] shape = [slots, capacity, model.Config.KeyValueHeads, model.Config.HeadDimension];
                // Zeros, because attention by operators multiplies masked positions by 0, and NaN
                // from memory that was not initialised would stay NaN.
                tensors.Add(torch.zeros(shape, model.HiddenType, model.Device).DetachFromDisposeScope());
            }
        }
        catch
        {
            tensors.ForEach(t => t.Dispose());
            throw;
        }

        (keys, values) = ([.. tensors.Take(model.Config.Layers)], [.. tensors.Skip(model.Config.Layers)]);
    }

    /// <summary>
    /// Number of positions held, by slot. Later positions are overwritten, so setting a smaller
    /// length shortens a row.
    /// </summary>
    public int[] Lengths { get; }

    /// <summary>Positions that fit in a slot.</summary>
    public int Capacity { get; }

    /// <summary>One layer's keys, [slots, capacity, key-value heads, head].</summary>
    public torch.Tensor Keys(int layer) => keys[layer];

    /// <summary>One layer's values, as its keys.</summary>
    public torch.Tensor Values(int layer) => values[layer];

    /// <summary>
    /// Copies the first positions of a slot to another slot, which then holds only these.
    /// </summary>
    public void Copy(int from, int to, int length)
    {
        foreach (var tensor in from == to ? [] : keys.Concat(values))
        {
            using var scope = torch.NewDisposeScope();
            tensor[to].narrow(0, 0, length).copy_(tensor[from].narrow(0, 0, length));
        }

        Lengths[to] = length;
    }

    /// <summary>
    /// Copies the first positions of a slot to every slot, which then holds only these.
    /// </summary>
    public void CopyToAll(int from, int length)
    {
        foreach (var tensor in keys.Concat(values))
        {
            using var scope = torch.NewDisposeScope();
            tensor.narrow(1, 0, length).copy_(tensor[from].narrow(0, 0, length).clone());
        }

        Array.Fill(Lengths, length);
    }

    /// <summary>Size of a slot in bytes.</summary>
    public static long BytesOfSlot(LanguageModel model, int capacity) =>
        2L * model.Config.Layers * capacity * model.Config.KeyValueHeads * model.Config.HeadDimension * model.HiddenType.ElementSize();

    public void Dispose()
    {
        foreach (var tensor in keys.Concat(values))
            tensor.Dispose();
    }
}
