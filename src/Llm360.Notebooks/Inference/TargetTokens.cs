// The true next tokens of positions, where the logits will be.
using TorchSharp;
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>The true next token of each position; -1 for none.</summary>
internal sealed class TargetTokens
{
    /// <summary>Puts them on the model's device. Make this before the pass whose hidden states are scored: a copy to a device waits for all that is under way there.</summary>
    /// <param name="ids">Token ids.</param>
    /// <param name="device">The model's.</param>
    public TargetTokens(int[] ids, torch.Device device)
    {
        Ids = ids;
        Tensor = tensor(ids.Select(t => (long)Math.Max(t, 0)).ToArray(), [ids.Length, 1], device: device);
    }

    private TargetTokens(int[] ids, Tensor tensor) => (Ids, Tensor) = (ids, tensor);

    /// <summary>On the host.</summary>
    public int[] Ids { get; }

    /// <summary>I64 [positions, 1]; any token stands for a missing one. Owned by the dispose scope in which it was made.</summary>
    public Tensor Tensor { get; }

    /// <summary>Those of some positions.</summary>
    public TargetTokens Part(int first, int count) => new(Ids[first..(first + count)], Tensor.narrow(0, first, count));
}
