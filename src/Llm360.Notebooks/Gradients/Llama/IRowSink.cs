// A sink for the gradient of one sequence.
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>Receives one sequence and gives its gradient in some form.</summary>
internal interface IRowSink : IGradientSink, IDisposable
{
    /// <summary>Prepares for a sequence of this length; the last token has no target.</summary>
    void Begin(int tokens);

    /// <summary>
    /// The gradient of the sequence, unpadded. The tensors belong to the caller and are in no
    /// dispose scope.
    /// </summary>
    IReadOnlyDictionary<string, torch.Tensor> Take();
}
