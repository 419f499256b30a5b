// Configuration of rotary embeddings: the rotated dimensions and their frequencies.
using System.Text.Json.Nodes;

namespace Llm360.Notebooks;

/// <summary>The published ways to extend rotary embeddings to longer sequences.</summary>
public enum RopeScalingType
{
    /// <summary>All frequencies divided by the factor.</summary>
    Linear,

    /// <summary>
    /// Llama 3.1: low frequencies are divided, high ones are kept, with a smooth band between.
    /// </summary>
    Llama3,

    /// <summary>YaRN (Peng et al. 2023, arXiv 2309.00071).</summary>
    Yarn,

    /// <summary>NTK-aware: a larger base once a sequence is longer than trained.</summary>
    Dynamic,
}

/// <summary>A scaling of rotary embeddings.</summary>
/// <param name="Type">The method.</param>
/// <param name="Factor">Factor by which sequences become longer.</param>
public sealed record RopeScaling(RopeScalingType Type, double Factor)
{
    /// <summary>
    /// Llama 3: frequencies are divided if the wavelength is above the original length divided by
    /// this value.
    /// </summary>
    public double LowFrequencyFactor { get; init; } = 1;

    /// <summary>
    /// Llama 3: frequencies are kept if the wavelength is below the original length divided by this
    /// value.
    /// </summary>
    public double HighFrequencyFactor { get; init; } = 4;

    /// <summary>Trained length; the configuration's maximum when null.</summary>
    public int? OriginalLength { get; init; }

    /// <summary>
    /// YaRN: frequencies with at least this many rotations over the original length are kept.
    /// </summary>
    public double BetaFast { get; init; } = 32;

    /// <summary>
    /// YaRN: frequencies with fewer rotations than this over the original length are divided.
    /// </summary>
    public double BetaSlow { get; init; } = 1;

    /// <summary>YaRN: factor on cosines and sines; 0.1 ln(factor) + 1 when null.</summary>
    public double? AttentionFactor { get; init; }

    /// <summary>As <c>rope_scaling</c> in <c>config.json</c>.</summary>
    internal JsonObject ToJson()
    {
        var json = new JsonObject { ["rope_type"] = Type.ToString().ToLowerInvariant(), ["factor"] = Factor };
        if (OriginalLength is { } length)
            json["original_max_position_embeddings"] = length;
        if (Type == RopeScalingType.Llama3)
            (json["low_freq_factor"], json["high_freq_factor"]) = (LowFrequencyFactor, HighFrequencyFactor);
        else if (Type == RopeScalingType.Yarn)
            (json["beta_fast"], json["beta_slow"], json["attention_factor"]) = (BetaFast, BetaSlow, AttentionFactor);
        return json;
    }
}

/// <summary>Rotary position embeddings (Su et al. 2021, arXiv 2104.09864).</summary>
/// <param name="Dimensions">Number of rotated dimensions of each head, from the first.</param>
/// <param name="Base">Base of the frequencies.</param>
/// <param name="Scaling">Null for none.</param>
public sealed record RotaryConfig(int Dimensions, double Base, RopeScaling? Scaling)
{
    /// <summary>
    /// Angle per position of each pair of dimensions, in float32 as in Hugging Face transformers.
    /// </summary>
    /// <param name="maximumLength">The configuration's longest sequence.</param>
    /// <param name="length">
    /// Positions of the current batch; only <see cref="RopeScalingType.Dynamic"/> uses it.
    /// </param>
    /// <returns>[dimensions / 2], and the factor on cosines and sines.</returns>
    internal (float[] Frequencies, float Factor) Frequencies(int maximumLength, int length)
    {
        var rotaryBase = (float)Base;
        if (Scaling is { Type: RopeScalingType.Dynamic } dynamic && length > maximumLength)
        {
            rotaryBase = (float)(Base * Math.Pow(
                (dynamic.Factor * length / maximumLength) - (dynamic.Factor - 1), Dimensions / (Dimensions - 2.0)));
        }

        var plain = new float[Dimensions / 2];
        for (var i = 0; i < plain.Length; i++)
            plain[i] = 1f / (float)Math.Pow(rotaryBase, 2f * i / Dimensions); // MathF.Pow differs between C libraries
        var original = Scaling?.OriginalLength ?? maximumLength;
        return Scaling switch
        {
            { Type: RopeScalingType.Linear } s => ([.. plain.Select(f => (float)(f / s.Factor))], 1),
                { Type: RopeScalingType.Llama3 } s => ([.. plain.Select(f => Blend(f, s.Factor, KeptByLlama3(s, f)))], 1),
                { Type: RopeScalingType.Yarn } s => (
                    [.. plain.Select((f, i) => Blend(f, s.Factor, Kept(s, original, i)))],
                    (float)(s.AttentionFactor ?? ((0.1 * Math.Log(s.Factor)) + 1))),
                _ => (plain, 1),
            };

            double KeptByLlama3(RopeScaling s, float f) => Math.Clamp(
                ((original * f / (2 * Math.PI)) - s.LowFrequencyFactor) / (s.HighFrequencyFactor - s.LowFrequencyFactor), 0, 1);
    }

    private static float Blend(float frequency, double factor, double kept) =>
        (float)((kept * frequency) + ((1 - kept) * frequency / factor));

    // YaRN's share of the unscaled frequency: a ramp between the dimensions with beta_fast and
    // beta_slow rotations over the original length.
    private double Kept(RopeScaling scaling, int original, int i)
    {
        var low = Math.Max(Math.Floor(Turns(scaling.BetaFast)), 0);
        var high = Math.Min(Math.Ceiling(Turns(scaling.BetaSlow)), Dimensions - 1);
        return 1 - Math.Clamp((i - low) / Math.Max(high - low, 0.001), 0, 1);

        double Turns(double rotations) => Dimensions * Math.Log(original / (2 * Math.PI * rotations)) / (2 * Math.Log(Base));
    }
}
