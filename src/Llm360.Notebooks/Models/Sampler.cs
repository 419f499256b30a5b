// Choosing the next token from logits.
using TorchSharp;
using static TorchSharp.torch;

namespace Llm360.Notebooks.Models;

/// <summary>Greedy choice, or draws with temperature, top-k and top-p. Works on the logits' device.</summary>
internal sealed class Sampler(GenerationOptions options, torch.Device device) : IDisposable
{
    private readonly Dictionary<int, Random> draws = [];
    private readonly Scalar temperature = Math.Max(options.Temperature, float.Epsilon).ToScalar();
    private readonly Scalar topP = options.TopP.ToScalar(), zero = 0f.ToScalar(), one = 1L.ToScalar();

    /// <summary>The next token of each row.</summary>
    /// <param name="logits">[rows, vocabulary]</param>
    /// <param name="rows">The rows' numbers, each with draws of its own.</param>
    /// <returns>I64 [rows]</returns>
    public Tensor Next(Tensor logits, IReadOnlyList<int> rows)
    {
        if (options.Temperature == 0)
            return logits.argmax(1);
        using var scope = NewDisposeScope();
        var vocabulary = (int)logits.shape[1];
        var (sorted, tokens) = logits.to(float32).div(temperature).topk(Math.Min(options.TopK ?? vocabulary, vocabulary), dim: 1); // [rows, k], falling
        var probabilities = sorted.softmax(1);
        var before = probabilities.cumsum(1) - probabilities; // [rows, k]
        probabilities = probabilities * before.lt(topP).to(float32);
        var sums = probabilities.cumsum(1);
        // Where a uniform share of the whole falls.
        var shares = tensor(rows.Select(r => Draw(r)).ToArray(), device: device).to(float32).unsqueeze(1) * sums.narrow(1, sums.shape[1] - 1, 1); // [rows, 1]
        var chosen = sums.le(shares).sum(1, keepdim: true);
        // Rounding may put a share at the very end: the last token of the set is meant.
        var last = probabilities.ne(zero).sum(1, keepdim: true).sub(one);
        return tokens.gather(1, chosen.minimum(last)).squeeze(1).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        temperature.Dispose();
        topP.Dispose();
        zero.Dispose();
        one.Dispose();
    }

    private double Draw(int row)
    {
        if (!draws.TryGetValue(row, out var random))
            draws[row] = random = new Random(unchecked((options.Seed * 486187739) + row));
        return random.NextDouble();
    }
}
