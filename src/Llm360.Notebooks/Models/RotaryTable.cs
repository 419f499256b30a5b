// The angles of rotary position embeddings.
namespace Llm360.Notebooks.Models;

/// <summary>Cosines and sines of every position and pair of a head (Su et al. 2021, arXiv 2104.09864), in float32 arithmetic as Hugging Face computes them.</summary>
internal sealed class RotaryTable
{
    public RotaryTable(LlamaConfig config)
    {
        var half = config.HeadDimension / 2;
        Cos = new float[config.MaximumLength * half];
        Sin = new float[config.MaximumLength * half];
        for (var i = 0; i < half; i++)
        {
            var frequency = 1f / MathF.Pow((float)config.RopeTheta, 2f * i / config.HeadDimension);
            for (var position = 0; position < config.MaximumLength; position++)
                (Sin[(position * half) + i], Cos[(position * half) + i]) = MathF.SinCos(position * frequency);
        }
    }

    /// <summary>[positions, head / 2]</summary>
    public float[] Cos { get; }

    /// <summary>[positions, head / 2]</summary>
    public float[] Sin { get; }
}
