// The readable way to the gradient: LLaMA's forward pass under LibTorch's autograd. Any device; the reference for CpuGradients.
using Llm360.Notebooks.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Llm360.Notebooks.Training;

/// <summary>Gradients by automatic differentiation of <see cref="LlamaModel"/>.</summary>
internal sealed class AutogradGradients : IGradients
{
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
        if (device.type != DeviceType.CPU)
            CopyWeights();
        var rows = tensor(tokens.ToArray().Select(t => (long)t).ToArray(), [tokens.Length / length, length], device: device);
        var hidden = model.Forward(rows.narrow(1, 0, length - 1)); // [rows, time, hidden]
        var logits = model.Logits(hidden).view(-1, weights.Config.VocabularySize); // [rows x time, vocabulary]
        var loss = nn.functional.cross_entropy(logits, rows.narrow(1, 1, length - 1).reshape(-1));
        var results = autograd.grad([loss], leaves.Values.ToList());
        using (no_grad())
        {
            foreach (var (name, gradient) in leaves.Keys.Zip(results))
                gradients.Views[name].copy_(gradient);
        }

        return loss.item<float>();
    }

    public void Dispose()
    {
        model.Dispose();
        foreach (var leaf in leaves.Values)
            leaf.Dispose();
    }

    private void CopyWeights()
    {
        using var _ = no_grad();
        foreach (var (name, leaf) in leaves)
            leaf.copy_(weights.Views[name]);
    }
}
