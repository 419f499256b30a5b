// The settings of attribution scores, besides suite, checkpoints and method.
using System.Text.Json.Serialization;

namespace Llm360.Notebooks;

/// <summary>Settings of training-data attribution. A method uses those that apply to it.</summary>
public sealed record AttributionSettings
{
    /// <summary>Default damping or ridge as a share of a mean eigenvalue.</summary>
    internal const double DefaultShare = 0.1;

    /// <summary>
    /// The value that EK-FAC, K-FAC and diagonal add to every eigenvalue; null for a tenth of the
    /// mean eigenvalue over all layers.
    /// </summary>
    public double? Damping { get; init; }

    /// <summary>
    /// The value that TRAK adds to the diagonal of XᵀX; null for a tenth of the diagonal's mean.
    /// </summary>
    public double? Ridge { get; init; }

    /// <summary>BM25: saturation of term counts.</summary>
    public double K1 { get; init; } = 0.9;

    /// <summary>BM25: weight of the row's length.</summary>
    public double B { get; init; } = 0.4;

    /// <summary>Tokens of an n-gram.</summary>
    public int GramLength { get; init; } = 4;

    /// <summary>
    /// Size of each projected side of a layer's gradient. LoGra and TRAK store the square of this
    /// number for each layer and row.
    /// </summary>
    public int ProjectedSize { get; init; } = 12;

    /// <summary>Seed of projections, of the sample of rows, and of random scores.</summary>
    public int Seed { get; init; }

    /// <summary>
    /// Rows taken from each chunk, in addition to all of its canaries; null for all. They are a
    /// sample stratified by source; on the Hub, they are the first rows.
    /// </summary>
    public int? SequencesPerChunk { get; init; }

    /// <summary>
    /// Rows from which EK-FAC, K-FAC and diagonal compute their factors, evenly spread over all;
    /// null for all.
    /// </summary>
    public int? FactorRows { get; init; } = 1024;

    /// <summary>
    /// Largest memory for gradients and projections, bytes; default 4 GB. It does not affect
    /// results.
    /// </summary>
    [JsonIgnore]
    public long MemoryLimit { get; init; } = 4L << 30;

    /// <summary>The ridge of each checkpoint, in order; null for <see cref="Ridge"/>.</summary>
    [JsonIgnore]
    internal IReadOnlyList<double>? Ridges { get; init; }

    /// <summary>The ridge of a checkpoint; null for the default.</summary>
    internal double? RidgeOf(int checkpoint) =>
        Ridges is not { Count: > 0 } ridges ? Ridge : ridges.Count == 1 ? ridges[0] : ridges[Math.Min(checkpoint, ridges.Count - 1)];

    /// <summary>These settings, after a check that every one is in range.</summary>
    /// <exception cref="Llm360Exception">One is out of range.</exception>
    internal AttributionSettings Checked()
    {
        Require(Damping is null or (> 0 and < double.PositiveInfinity), "damping", "a number above 0");
        Require(Ridge is null or (> 0 and < double.PositiveInfinity), "ridge", "a number above 0");
        Require(Ridges?.All(r => r > 0 && double.IsFinite(r)) ?? true, "ridge", "numbers above 0");
        Require(K1 is >= 0 and < double.PositiveInfinity, "k1", "a number from 0 on");
        Require(B is >= 0 and <= 1, "b", "a number from 0 to 1");
        Require(GramLength >= 1, "n", "a length of at least 1");
        Require(ProjectedSize is >= 1 and <= 4096, "projected size", "1 to 4096");
        Require(SequencesPerChunk is null or >= 1, "sequences per chunk", "at least 1");
        Require(FactorRows is null or >= 1, "factor rows", "at least 1");
        Require(MemoryLimit > 0, "memory limit", "bytes above 0");
        return this;
    }

    private static void Require(bool isRight, string name, string right)
    {
        if (!isRight)
            throw new Llm360Exception($"The attribution setting \"{name}\" is out of range.", $"setting {name}", $"Give {right}.");
    }
}
