// Gradients of the norms' weights, by their offsets in the padded layout.
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>One sum per norm, [hidden].</summary>
internal sealed unsafe class NormSums(PaddedLayout layout) : IDisposable
{
    private readonly Dictionary<long, int> numbers = layout.Norms().Index().ToDictionary(n => n.Item, n => n.Index);
    private readonly AlignedFloats sums = new((long)layout.Norms().Count() * layout.Hidden);

    /// <summary>The sum of a norm.</summary>
    public float* this[long offset] => sums.Data + ((nint)numbers[offset] * layout.Hidden);

    public void Clear() => sums.Clear(0, sums.Count);

    /// <summary>Each norm's parameter and its sum, in no dispose scope.</summary>
    public IEnumerable<(string Name, torch.Tensor Sum)> Tensors() => layout.Slices.Where(s => numbers.ContainsKey(s.Offset)).Select(slice =>
    {
        var tensor = torch.empty([layout.Config.HiddenSize], torch.float32, torch.CPU).DetachFromDisposeScope();
        PackedWeights.CopyRows(slice, TensorMemory.Floats(tensor), this[slice.Offset], toPadded: false);
        return (slice.Name, tensor);
    });

    public void Dispose() => sums.Dispose();
}
