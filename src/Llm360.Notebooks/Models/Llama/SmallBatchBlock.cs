// A block of LLaMA over a few tokens, as in decoding.
using System.Buffers;
using TorchSharp;
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>
/// The steps of <see cref="LlamaModel"/>'s block in plain memory. With a tensor for each step,
/// creating the tensors would take as long as reading the weights of a small model.
/// </summary>
internal sealed unsafe class SmallBatchBlock
{
    private readonly LlamaConfig config;
    private readonly IReadOnlyDictionary<string, Tensor> weights;
    private readonly bool isPlain;

    /// <summary>Prepares the block of a model.</summary>
    /// <param name="config">Its shape.</param>
    /// <param name="weights">Its tensors by name.</param>
    public SmallBatchBlock(LlamaConfig config, IReadOnlyDictionary<string, Tensor> weights)
    {
        (this.config, this.weights) = (config, weights);
        int[] widths = [config.HiddenSize, config.Heads * config.HeadDimension, config.IntermediateSize];
        isPlain = !config.AttentionBias && !config.MlpBias && widths.All(w => w % VectorWidth.Floats == 0)
            && weights.Values.All(w =>
                w.is_contiguous() && w.device_type == DeviceType.CPU && WeightRows.Holds(w.dtype) && !w.requires_grad);
        MaxTokens = weights.Values.Min(w => Math.Min(64, UnpackedProducts.MaxRows(w.dtype)));
    }

    /// <summary>Largest number of tokens for which this is faster.</summary>
    public int MaxTokens { get; }

    /// <summary>
    /// Whether there are few enough tokens and the tokens and the model are on the CPU.
    /// </summary>
    /// <param name="x">float32 [1, tokens, hidden]</param>
    public bool Takes(Tensor x) =>
        isPlain && !RowInvariance.IsOn && x.shape[1] <= MaxTokens && TensorMemory.IsPlain(x) && x.is_contiguous();

    /// <summary>Computes a block.</summary>
    /// <param name="i">The block, counted from 0.</param>
    /// <param name="hidden">[1, tokens, hidden], added to in place.</param>
    /// <param name="attention">
    /// Attention of the pass; the hidden states of all its tokens are requested.
    /// </param>
    public void Run(int i, Tensor hidden, SlotAttention attention)
    {
        int rows = (int)hidden.shape[1], width = config.HiddenSize, mlp = config.IntermediateSize;
        int queries = config.Heads * config.HeadDimension, keys = config.KeyValueHeads * config.HeadDimension;
        var rented = ArrayPool<float>.Shared.Rent(width + (rows * (width + (2 * queries) + (2 * keys) + (2 * mlp))));
        fixed (float* scratch = rented)
        {
            MatrixView x = new(TensorMemory.Floats(hidden), width), y = new(scratch + width, width);
            MatrixView q = After(y, queries), mixed = After(q, queries), k = After(mixed, keys), v = After(k, keys);
            MatrixView gate = After(v, mlp), up = After(gate, mlp);
            RmsNorm.Forward(y, x, Of(LlamaNames.AttentionNorm(i)).AsFloats(0, 1, scratch), rows, (float)config.NormEps);
            UnpackedProducts.Multiply(
                y, rows, add: false,
                [(q, Of(LlamaNames.Query(i))), (k, Of(LlamaNames.Key(i))), (v, Of(LlamaNames.Value(i)))]);
            attention.Attend(i, mixed, q, k, v);
            UnpackedProducts.Multiply(mixed, rows, add: true, [(x, Of(LlamaNames.AttentionOutput(i)))]);
            RmsNorm.Forward(y, x, Of(LlamaNames.MlpNorm(i)).AsFloats(0, 1, scratch), rows, (float)config.NormEps);
            UnpackedProducts.Multiply(y, rows, add: false, [(gate, Of(LlamaNames.Gate(i))), (up, Of(LlamaNames.Up(i)))]);
            SwiGlu.Forward(gate, up, rows);
            UnpackedProducts.Multiply(gate, rows, add: true, [(x, Of(LlamaNames.Down(i)))]);
        }

        ArrayPool<float>.Shared.Return(rented);
        GC.KeepAlive(hidden);

        MatrixView After(MatrixView m, int columns) => new(m.Row(rows), columns);
    }

    private WeightRows Of(string name) => WeightRows.Of(weights[name]);
}
