// Rotary position embedding over a whole sequence, and its inverse for the gradient.
namespace Llm360.Notebooks;

/// <summary>
/// Rotates each pair (x[i], x[i + half]) of every head by an angle that grows with the position.
/// </summary>
internal sealed unsafe class Rotary : IDisposable
{
    private readonly AlignedFloats cos, sin; // [longest, half], longest rounded up
    private readonly int half, head;

    /// <param name="cosines">[positions, half]</param>
    /// <param name="sines">[positions, half]</param>
    /// <param name="head">The heads' shape.</param>
    public Rotary(ReadOnlySpan<float> cosines, ReadOnlySpan<float> sines, HeadShape head)
    {
        half = head.Dimension / 2;
        this.head = head.Padded;
        var positions = VectorWidth.Pad(cosines.Length / half); // Padding after a sequence is rotated too, with zero cosines and sines.
        (cos, sin) = (new AlignedFloats((long)positions * half), new AlignedFloats((long)positions * half));
        cosines.CopyTo(new Span<float>(cos.Data, cosines.Length));
        sines.CopyTo(new Span<float>(sin.Data, sines.Length));
    }

    public void Dispose()
    {
        cos.Dispose();
        sin.Dispose();
    }

    /// <summary>
    /// Rotates the heads of each token, which are contiguous; token t has position t.
    /// </summary>
    /// <param name="x">[tokens, heads x head], in place.</param>
    /// <param name="first">Position of the first token.</param>
    /// <param name="tokens">Number of tokens.</param>
    /// <param name="heads">Heads per token.</param>
    /// <param name="back">Whether to rotate back, as for the gradient.</param>
    public void Rotate(MatrixView x, int first, int tokens, int heads, bool back)
    {
        var sign = back ? -1f : 1f;
        for (var t = 0; t < tokens; t++)
        {
            float* c = cos.Data + ((nint)(first + t) * half), s = sin.Data + ((nint)(first + t) * half);
            for (var h = 0; h < heads; h++)
                Rotation.Rotate(x.Row(t) + ((nint)h * head), c, s, half, sign);
        }
    }
}
