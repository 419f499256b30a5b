// Receiver of the data from which a pass's parameter gradients are computed.
namespace Llm360.Notebooks;

/// <summary>
/// Receives output gradients dY and inputs X of every layer, one strip of positions at a time.
/// Offsets are those of <see cref="PaddedLayout"/>; matrices have its padded widths.
/// </summary>
/// <remarks>
/// The order of a sequence is: head, final norm, blocks from last to first, embedding. The memory
/// passed to a call is overwritten after the call.
/// </remarks>
internal unsafe interface IGradientSink
{
    /// <summary>A strip of one matrix, whose gradient is dYᵀ X.</summary>
    /// <param name="offset">The matrix.</param>
    /// <param name="dy">[tokens, rows]</param>
    /// <param name="x">[tokens, columns]</param>
    /// <param name="rows">Outputs of the matrix.</param>
    /// <param name="columns">Inputs of the matrix.</param>
    /// <param name="tokens">Positions; both views have rows up to the next multiple of 8.</param>
    /// <param name="first">The strip's first position.</param>
    void Linear(long offset, MatrixView dy, MatrixView x, int rows, int columns, int tokens, int first);

    /// <summary>A strip of the head, whose gradient is undividedᵀ scaled.</summary>
    /// <param name="undivided">[tokens, vocabulary]; dY is factor times this, row by row.</param>
    /// <param name="factors">[tokens]</param>
    /// <param name="x">[tokens, hidden]</param>
    /// <param name="scaled">Factor times x, [tokens, hidden].</param>
    /// <param name="tokens">As in <see cref="Linear"/>.</param>
    /// <param name="first">As in <see cref="Linear"/>.</param>
    void Head(MatrixView undivided, float* factors, MatrixView x, MatrixView scaled, int tokens, int first);

    /// <summary>The buffer to which the gradient of a norm's weight is added, [hidden].</summary>
    float* Norm(long offset);

    /// <summary>The gradient of the embedding's output. This call ends a sequence.</summary>
    /// <param name="tokens">The inputs' ids.</param>
    /// <param name="dy">[tokens, hidden]</param>
    void Embedding(ReadOnlySpan<int> tokens, MatrixView dy);
}
