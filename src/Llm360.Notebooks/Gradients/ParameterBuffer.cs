// All parameters of a model in one allocation, so that an optimizer step is one pass.
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>
/// One float32 value for each parameter of a LLaMA model: weights, gradients, or an AdamW moment.
/// </summary>
/// <remarks>
/// The order is that of <see cref="LlamaConfig.Parameters"/>. Query, key and value of a block are
/// contiguous, as are gate and up, so that each group is also one matrix. The memory is on the CPU.
/// </remarks>
internal sealed unsafe class ParameterBuffer : IDisposable
{
    private readonly Dictionary<string, (long Offset, long[] Shape)> places = [];
    private readonly torch.Tensor flat; // [parameters]

    public ParameterBuffer(LlamaConfig config)
    {
        Config = config;
        foreach (var (name, shape) in config.Parameters())
        {
            places.Add(name, (Count, shape));
            Count += shape.Aggregate(1L, (a, b) => a * b);
        }

        flat = torch.zeros([Count], torch.float32).DetachFromDisposeScope();
        Data = (float*)((nint)MemoryOf(flat));
        Views = places.ToDictionary(p => p.Key, p => View(p.Value.Offset, p.Value.Shape));

        torch.Tensor View(long offset, long[] shape) =>
            flat.narrow(0, offset, shape.Aggregate(1L, (a, b) => a * b)).view(shape).DetachFromDisposeScope();
    }

    public LlamaConfig Config { get; }

    /// <summary>Total number of values.</summary>
    public long Count { get; }

    /// <summary>Pointer to the first value; valid as long as this object.</summary>
    public float* Data { get; }

    public Span<float> Span => new(Data, checked((int)Count));

    /// <summary>Tensors over the same memory, by Hugging Face's names, in order.</summary>
    public IReadOnlyDictionary<string, torch.Tensor> Views { get; }

    /// <summary>Pointer to the first value of a parameter.</summary>
    public float* this[string name] => Data + places[name].Offset;

    /// <summary>The values of a parameter.</summary>
    public Span<float> Values(string name) => Span.Slice((int)places[name].Offset, (int)Views[name].numel());

    public void Dispose()
    {
        foreach (var view in Views.Values)
            view.Dispose();
        flat.Dispose();
    }

    private static void* MemoryOf(torch.Tensor tensor)
    {
        fixed (byte* first = tensor.bytes)
            return first;
    }
}
