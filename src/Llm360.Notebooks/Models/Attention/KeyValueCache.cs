// Keys and values of earlier positions, in memory allocated once.
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>A key-value cache for one batch of rows.</summary>
public sealed class KeyValueCache : IDisposable
{
    private readonly torch.Tensor[] keys; // [batch, key-value heads, capacity, head] each
    private readonly torch.Tensor[] values;

    /// <summary>Allocates room for <paramref name="capacity"/> positions.</summary>
    /// <param name="model">The model whose passes will use it.</param>
    /// <param name="batch">Number of rows.</param>
    /// <param name="capacity">Positions per row.</param>
    public KeyValueCache(LanguageModel model, long batch, int capacity)
    {
        Capacity = capacity;
        keys = Allocate();
        values = Allocate();

        torch.Tensor[] Allocate() => [.. Enumerable.Range(0, model.Config.Layers).Select(_ => AllocateLayer())];

        torch.Tensor AllocateLayer()
        {
            long[] shape = [batch, model.Config.KeyValueHeads, capacity, model.Config.HeadDimension];
            return torch.empty(shape, model.HiddenType, model.Device).DetachFromDisposeScope();
        }
    }

    /// <summary>Number of positions held.</summary>
    public int Length { get; private set; }

    /// <summary>Number of positions that fit.</summary>
    public int Capacity { get; }

    /// <summary>Stores one layer's new keys and values and returns views of all so far.</summary>
    internal (torch.Tensor Keys, torch.Tensor Values) Append(int layer, torch.Tensor key, torch.Tensor value)
    {
        var time = key.shape[2];
        if (Length + time > Capacity)
            throw new InvalidOperationException($"The cache holds {Capacity} positions; {Length + time} are needed.");
        keys[layer].narrow(2, Length, time).copy_(key);
        values[layer].narrow(2, Length, time).copy_(value);
        return (keys[layer].narrow(2, 0, Length + time), values[layer].narrow(2, 0, Length + time));
    }

    /// <summary>Counts positions whose keys and values every layer has stored.</summary>
    internal void Advance(int positions) => Length += positions;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in keys.Concat(values))
            tensor.Dispose();
    }
}
