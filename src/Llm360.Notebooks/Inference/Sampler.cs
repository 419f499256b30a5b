// Chooses the next token from logits.
using TorchSharp;
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>Draws with temperature, top-k and top-p. Works on the logits' device.</summary>
internal sealed class Sampler(GenerationOptions options, torch.Device device) : IDisposable
{
    /// <summary>
    /// Smaller values are inexact in float32; a temperature or a share this small leaves one token
    /// anyway.
    /// </summary>
    private const double Smallest = 1e-30;

    private readonly Dictionary<int, SplitMix64> draws = [];
    private readonly Scalar temperature = Math.Max(options.Temperature, Smallest).ToScalar();
    private readonly Scalar topP = Math.Max(options.TopP, Smallest).ToScalar();
    private readonly Scalar zero = 0f.ToScalar(), one = 1L.ToScalar(), none = (-1L).ToScalar();

    /// <summary>The next token of each row.</summary>
    /// <param name="logits">[rows, vocabulary]</param>
    /// <param name="rows">Indices of the rows; each row has its own draws.</param>
    /// <returns>[rows]; -1 where the largest logit is not a finite number.</returns>
    public int[] Next(Tensor logits, IReadOnlyList<int> rows)
    {
        using var scope = NewDisposeScope();
        return [.. Drawn(logits, rows).masked_fill(logits.amax([1]).isfinite().logical_not(), none).cpu().data<long>().Select(t => (int)t)];
    }

    public void Dispose()
    {
        temperature.Dispose();
        topP.Dispose();
        zero.Dispose();
        one.Dispose();
        none.Dispose();
    }

    private Tensor Drawn(Tensor logits, IReadOnlyList<int> rows)
    {
        var vocabulary = (int)logits.shape[1];
        var wide = logits.to(float32);
        // Subtracting the largest first prevents an overflow in the division.
        var (sorted, tokens) = (wide - wide.amax([1], keepdim: true)).div(temperature)
            .topk(Math.Min(options.TopK ?? vocabulary, vocabulary), dim: 1); // [rows, k], descending
        var probabilities = sorted.softmax(1);
        var before = probabilities.cumsum(1) - probabilities; // [rows, k]
        probabilities = probabilities * before.lt(topP).to(float32);
        var sums = probabilities.cumsum(1);
        // Uniform draws, scaled to the sum of the probabilities.
        var draw = tensor(rows.Select(r => Draw(r)).ToArray(), device: device).to(float32).unsqueeze(1); // [rows, 1]
        var shares = draw * sums.narrow(1, sums.shape[1] - 1, 1); // [rows, 1]
        var chosen = sums.le(shares).sum(1, keepdim: true);
        // Rounding may put a share at the very end; then the last token of the set is chosen.
        var last = probabilities.ne(zero).sum(1, keepdim: true).sub(one);
        return tokens.gather(1, chosen.minimum(last)).squeeze(1);
    }

    // Uniform between 0 and 1.
    private double Draw(int row)
    {
        if (!draws.TryGetValue(row, out var random))
            draws[row] = random = SplitMix64.For(options.Seed, $"row {row}");
        return (random.Next() >> 11) * (1.0 / (1UL << 53));
    }
}
