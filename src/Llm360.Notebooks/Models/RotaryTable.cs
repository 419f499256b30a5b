// The angles of rotary position embeddings.
namespace Llm360.Notebooks.Models;

/// <summary>Cosines and sines of every position and pair of a head, in float32 arithmetic as Hugging Face computes them.</summary>
internal sealed class RotaryTable
{
    /// <param name="config">The model's.</param>
    /// <param name="positions">Positions from 0.</param>
    public RotaryTable(ModelConfig config, int positions)
    {
        var (frequencies, factor) = config.Rotary.Frequencies(config.MaximumLength, positions);
        var pairs = frequencies.Length;
        Cos = new float[positions * pairs];
        Sin = new float[positions * pairs];
        for (var position = 0; position < positions; position++)
        {
            for (var i = 0; i < pairs; i++)
            {
                var (sin, cos) = MathF.SinCos(position * frequencies[i]);
                Cos[(position * pairs) + i] = cos * factor;
                Sin[(position * pairs) + i] = sin * factor;
            }
        }
    }

    /// <summary>[positions, pairs]</summary>
    public float[] Cos { get; }

    /// <summary>[positions, pairs]</summary>
    public float[] Sin { get; }
}
