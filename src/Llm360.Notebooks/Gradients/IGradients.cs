// The loss of a batch and its gradient, as a training step needs them.
namespace Llm360.Notebooks;

/// <summary>Computes the loss of a batch and its gradient for all weights.</summary>
internal interface IGradients : IDisposable
{
    /// <summary>Mean loss over all rows and positions, and its gradient.</summary>
    /// <param name="tokens">
    /// Token ids, [rows, length] row by row. Inputs are all but the last token of a row, targets
    /// all but the first.
    /// </param>
    /// <param name="length">Tokens per row.</param>
    /// <param name="gradients">Overwritten with d loss / d weight.</param>
    /// <returns>The loss in nats per token.</returns>
    double Compute(ReadOnlySpan<int> tokens, int length, ParameterBuffer gradients);

    /// <summary>Mean loss over all rows and positions, without its gradient.</summary>
    /// <param name="tokens">As in <see cref="Compute"/>.</param>
    /// <param name="length">Tokens per row.</param>
    /// <returns>The loss in nats per token.</returns>
    double Loss(ReadOnlySpan<int> tokens, int length);
}
