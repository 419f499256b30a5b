// Rotation of queries and keys by their positions.
using TorchSharp;
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>
/// The rotary tables of a model on its device, as long as sequences have needed so far. Cosines and
/// sines of float32 angles are rounded to the type of the hidden states.
/// </summary>
/// <param name="model">The model; its type and device are read only when tables are made.</param>
/// <param name="neighbours">
/// Whether the pairs are dimensions 2i and 2i + 1, instead of i and i + half.
/// </param>
internal sealed class RotaryEmbedding(LanguageModel model, bool neighbours) : IDisposable
{
    private const int Shortest = 64;
    private readonly object gate = new();
    private readonly Scalar one = 1f.ToScalar();
    private (int Length, Tensor Cos, Tensor Sin)? tables; // [length, dimensions], with the value of each pair twice

    private ModelConfig Config => model.Config;

    /// <summary>Cosines and sines of a batch's positions.</summary>
    /// <param name="length">Positions 0 to length - 1 are needed.</param>
    public (Tensor Cos, Tensor Sin) Tables(int length)
    {
        lock (gate)
        {
            // With a dynamic scaling the angles of all positions depend on the length.
            var isDynamic = Config.HasDynamicAngles && (length > Config.MaximumLength || tables?.Length > Config.MaximumLength);
            if (tables is not { } known || known.Length < length || (isDynamic && known.Length != length))
            {
                Drop();
                known = Make(isDynamic ? length : Math.Min(
                    Math.Max(Config.MaximumLength, length),
                    Math.Max(Shortest, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)length))));
                tables = known;
            }

            // New views, because another thread may replace the tables with longer ones.
            return (known.Cos.narrow(0, 0, length), known.Sin.narrow(0, 0, length));
        }
    }

    /// <summary>Rotates the first dimensions of each head.</summary>
    /// <param name="x">[batch, heads, time, head]</param>
    /// <param name="cos">
    /// [time, dimensions], or [batch x time, dimensions] where rows differ
    /// </param>
    /// <param name="sin">As <paramref name="cos"/>.</param>
    /// <param name="inPlace">Whether <paramref name="x"/> may be changed.</param>
    public Tensor Rotate(Tensor x, Tensor cos, Tensor sin, bool inPlace = true)
    {
        if (inPlace && !neighbours && TensorMemory.IsPlain(x) && x.stride(3) == 1)
        {
            Rotation.RotateHalves(x, cos, sin);
            return x;
        }

        int dimensions = Config.Rotary.Dimensions, half = dimensions / 2;
        if (cos.shape[0] != x.shape[2])
            (cos, sin) = (cos.view(x.shape[0], 1, x.shape[2], dimensions), sin.view(x.shape[0], 1, x.shape[2], dimensions));
        var rotating = x.narrow(3, 0, dimensions);
        var across = neighbours
            ? stack([-rotating.slice(3, 1, dimensions, 2), rotating.slice(3, 0, dimensions, 2)], dim: 4).flatten(3, 4)
            : cat([-rotating.narrow(3, half, half), rotating.narrow(3, 0, half)], dim: 3);
        var rotated = (rotating * cos).add(across * sin, one);
        return dimensions == x.shape[3] ? rotated : cat([rotated, x.narrow(3, dimensions, x.shape[3] - dimensions)], dim: 3);
    }

    public void Dispose()
    {
        Drop();
        one.Dispose();
    }

    private void Drop()
    {
        tables?.Cos.Dispose();
        tables?.Sin.Dispose();
        tables = null;
    }

    private (int Length, Tensor Cos, Tensor Sin) Make(int length)
    {
        using var lasting = inference_mode(false); // The tables outlive this pass and may serve a later pass with gradients.
        var table = new RotaryTable(Config, length);
        return (length, Place(table.Cos), Place(table.Sin));

        Tensor Place(float[] values)
        {
            using var scope = NewDisposeScope();
            var pairs = tensor(values, [length, Config.Rotary.Dimensions / 2]);
            var both = neighbours ? pairs.repeat_interleave(2, dim: 1) : cat([pairs, pairs], dim: 1);
            return both.to(model.HiddenType).to(model.Device).DetachFromDisposeScope();
        }
    }
}
