// Gradients by LibTorch's autograd on any device; the readable reference for CpuGradients.
using TorchSharp;
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>Gradients by automatic differentiation of <see cref="LlamaModel"/>.</summary>
/// <remarks>
/// LibTorch's sums depend on its number of threads. The last bits of the result therefore depend on
/// it too, unlike those of <see cref="CpuGradients"/>.
/// </remarks>
internal sealed class AutogradGradients : IGradients
{
    private const int RowsAtOnce = 16;
    private readonly Dictionary<string, Tensor> leaves;
    private readonly LlamaModel model;
    private readonly ParameterBuffer weights;
    private readonly torch.Device device;

    public AutogradGradients(ParameterBuffer weights, torch.Device device)
    {
        this.weights = weights;
        this.device = device;
        leaves = weights.Views.ToDictionary(v => v.Key, v => v.Value.detach().to(device).requires_grad_().DetachFromDisposeScope());
        model = new LlamaModel(weights.Config, leaves);
    }

    public double Compute(ReadOnlySpan<int> tokens, int length, ParameterBuffer gradients)
    {
        using var scope = NewDisposeScope();
        CopyWeights();
        var loss = CrossEntropy(tokens, length, nn.Reduction.Mean);
        var results = autograd.grad([loss], leaves.Values.ToList());
        using (no_grad())
        {
            foreach (var (name, gradient) in leaves.Keys.Zip(results))
                gradients.Views[name].copy_(gradient);
        }

        return loss.item<float>();
    }

    public double Loss(ReadOnlySpan<int> tokens, int length)
    {
        using var inference = inference_mode();
        CopyWeights();
        var sum = 0.0;
        for (var rest = tokens; rest.Length > 0; rest = rest[Math.Min(rest.Length, RowsAtOnce * length)..])
        {
            using var scope = NewDisposeScope();
            sum += CrossEntropy(rest[..Math.Min(rest.Length, RowsAtOnce * length)], length, nn.Reduction.Sum).item<float>();
        }

        return sum / ((long)(tokens.Length / length) * (length - 1));
    }

    public void Dispose()
    {
        model.Dispose();
        foreach (var leaf in leaves.Values)
            leaf.Dispose();
    }

    private Tensor CrossEntropy(ReadOnlySpan<int> tokens, int length, nn.Reduction reduction)
    {
        var rows = tensor(tokens.ToArray().Select(t => (long)t).ToArray(), [tokens.Length / length, length], device: device);
        var hidden = model.Forward(rows.narrow(1, 0, length - 1)); // [rows, time, hidden]
        var logits = model.Logits(hidden).view(-1, weights.Config.VocabularySize); // [rows x time, vocabulary]
        return nn.functional.cross_entropy(logits, rows.narrow(1, 1, length - 1).reshape(-1), reduction: reduction);
    }

    // On the CPU, the model's weights share the buffer's memory.
    private void CopyWeights()
    {
        if (device.type == DeviceType.CPU)
            return;
        using var _ = no_grad();
        foreach (var (name, leaf) in leaves)
            leaf.copy_(weights.Views[name]);
    }
}
