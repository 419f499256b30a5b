// The true next tokens of positions, on the device of the logits.
using TorchSharp;
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>The true next token of each position; -1 for none.</summary>
internal sealed class TargetTokens
{
    /// <summary>
    /// Puts the tokens on the model's device. Create this object before the pass whose hidden
    /// states are scored, because a host-to-device copy synchronises the device.
    /// </summary>
    /// <param name="ids">Token ids.</param>
    /// <param name="device">The model's device.</param>
    public TargetTokens(int[] ids, torch.Device device)
    {
        Ids = ids;
        Tensor = tensor(ids.Select(t => (long)Math.Max(t, 0)).ToArray(), [ids.Length, 1], device: device);
    }

    private TargetTokens(int[] ids, Tensor tensor) => (Ids, Tensor) = (ids, tensor);

    /// <summary>The tokens on the host.</summary>
    public int[] Ids { get; }

    /// <summary>
    /// I64 [positions, 1]; a missing token has an arbitrary id. The dispose scope in which it was
    /// made owns it.
    /// </summary>
    public Tensor Tensor { get; }

    /// <summary>The targets of some positions.</summary>
    public TargetTokens Part(int first, int count) => new(Ids[first..(first + count)], Tensor.narrow(0, first, count));
}
