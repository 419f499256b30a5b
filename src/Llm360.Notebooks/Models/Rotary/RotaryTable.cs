// The angles of rotary position embeddings.
namespace Llm360.Notebooks;

/// <summary>
/// Cosines and sines for every position and pair of a head, of float32 angles as in Hugging Face
/// transformers.
/// </summary>
/// <remarks>
/// They are computed in double and rounded once, because the float functions of C libraries differ
/// in the last bit.
/// </remarks>
internal sealed class RotaryTable
{
    /// <param name="config">The model's configuration.</param>
    /// <param name="positions">Number of positions, from 0.</param>
    public RotaryTable(ModelConfig config, int positions)
    {
        var (frequencies, factor) = config.Rotary.Frequencies(config.MaximumLength, positions);
        var pairs = frequencies.Length;
        if ((long)positions * pairs > Array.MaxLength)
        {
            throw new Llm360Exception(
                $"A sequence of {positions:N0} tokens is longer than rotary tables are made for.", "sequence", "Give a shorter sequence.");
        }

        Cos = new float[positions * pairs];
        Sin = new float[positions * pairs];
        for (var position = 0; position < positions; position++)
        {
            for (var i = 0; i < pairs; i++)
            {
                double angle = position * frequencies[i]; // a float32 product
                var (sin, cos) = Math.SinCos(angle);
                Cos[(position * pairs) + i] = (float)cos * factor;
                Sin[(position * pairs) + i] = (float)sin * factor;
            }
        }
    }

    /// <summary>[positions, pairs]</summary>
    public float[] Cos { get; }

    /// <summary>[positions, pairs]</summary>
    public float[] Sin { get; }
}
