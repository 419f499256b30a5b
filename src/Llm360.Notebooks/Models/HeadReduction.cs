// From hidden states to what is asked of the logits, which are never all in memory at once.
using Llm360.Notebooks.Models.Cpu;
using Llm360.Notebooks.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Llm360.Notebooks.Models;

/// <summary>Applies a model's head in pieces and reduces the logits at once: memory does not grow with vocabulary times positions.</summary>
internal static class HeadReduction
{
    /// <summary>Logits at once.</summary>
    private const int Piece = 1 << 22;

    /// <summary>Positions at once on the CPU, where a piece is a block of the vocabulary: the weights are read once for so many positions.</summary>
    private const int PositionsAtOnce = 2048;

    /// <summary>Tokens of the vocabulary at once for the most probable one.</summary>
    private const int ArgmaxBlock = 2048;

    /// <summary>Log-probability, rank, argmax and entropy of every position.</summary>
    /// <param name="model">The model.</param>
    /// <param name="hidden">[positions, hidden]</param>
    /// <param name="targets">The true next token of each; -1 for none.</param>
    public static TokenScore[] Scores(LanguageModel model, Tensor hidden, int[] targets)
    {
        var results = new List<TokenScore>(targets.Length);
        var isCpu = hidden.device_type == DeviceType.CPU;
        var rows = isCpu ? PositionsAtOnce : Math.Max(1, Piece / model.Config.VocabularySize);
        for (var at = 0; at < targets.Length; at += rows)
        {
            using var scope = NewDisposeScope();
            var count = Math.Min(rows, targets.Length - at);
            var part = hidden.narrow(0, at, count);
            results.AddRange(isCpu ? ByVocabulary(model, part, targets[at..(at + count)]) : OnDevice(model.Logits(part).to(float32), targets[at..(at + count)]));
        }

        return [.. results];
    }

    /// <summary>The most probable token at every position.</summary>
    /// <param name="model">The model.</param>
    /// <param name="hidden">[positions, hidden]</param>
    public static int[] Argmax(LanguageModel model, Tensor hidden)
    {
        using var scope = NewDisposeScope();
        var (positions, vocabulary) = ((int)hidden.shape[0], model.Config.VocabularySize);
        if (!TensorMemory.IsPlain(hidden))
        {
            var rows = Math.Max(1, Piece / vocabulary);
            var parts = Enumerable.Range(0, (positions + rows - 1) / rows).Select(i => InScope(() => model.Logits(hidden.narrow(0, i * rows, Math.Min(rows, positions - (i * rows)))).argmax(1)));
            return [.. cat([.. parts]).cpu().data<long>().Select(t => (int)t)];
        }

        var largest = new LargestLogits(positions);
        for (var first = 0; first < vocabulary; first += ArgmaxBlock)
        {
            using var block = NewDisposeScope();
            largest.Add(model.Logits(hidden, first, Math.Min(ArgmaxBlock, vocabulary - first)).contiguous(), first);
        }

        return largest.Tokens;
    }

    /// <summary>log p of the true tokens when only the <paramref name="topK"/> most probable are drawn from; negative infinity where more than so many are more probable.</summary>
    /// <param name="model">The model.</param>
    /// <param name="hidden">[positions, hidden]</param>
    /// <param name="targets">The true next token of each position.</param>
    /// <param name="topK">How many, at most the vocabulary.</param>
    public static float[] TopKLogProbabilities(LanguageModel model, Tensor hidden, int[] targets, int topK)
    {
        var rows = Math.Max(1, Piece / model.Config.VocabularySize);
        var results = new List<float>(targets.Length);
        using var minus = double.NegativeInfinity.ToScalar();
        for (var at = 0; at < targets.Length; at += rows)
        {
            using var scope = NewDisposeScope();
            var count = Math.Min(rows, targets.Length - at);
            var logits = model.Logits(hidden.narrow(0, at, count)).to(float32); // [count, vocabulary]
            var (largest, _) = logits.topk(topK, dim: 1); // [count, k], falling
            var target = logits.gather(1, tensor(targets.AsSpan(at, count).ToArray().Select(t => (long)t).ToArray(), device: logits.device).unsqueeze(1)); // [count, 1]
            var log = target - largest.logsumexp(1, keepdim: true);
            results.AddRange(log.masked_fill(target.lt(largest.narrow(1, topK - 1, 1)), minus).cpu().data<float>());
        }

        return [.. results];
    }

    private static Tensor InScope(Func<Tensor> compute)
    {
        using var scope = NewDisposeScope();
        return compute().MoveToOuterDisposeScope();
    }

    private static TokenScore[] ByVocabulary(LanguageModel model, Tensor hidden, int[] targets)
    {
        var vocabulary = model.Config.VocabularySize;
        var tokens = tensor(targets.Select(t => (long)Math.Max(t, 0)).ToArray());
        // The logits of a model of lower precision are rounded.
        var doubt = hidden.dtype == float32 ? 1e-5f : 2e-2f;
        var reduction = new LogitReduction(targets, (hidden.to(float32) * model.HeadRows(tokens).to(float32)).sum(1).data<float>().ToArray(), doubt);
        var block = (int)Math.Clamp(Piece / hidden.shape[0], 1, vocabulary);
        for (var first = 0; first < vocabulary; first += block)
        {
            using var scope = NewDisposeScope();
            reduction.Add(model.Logits(hidden, first, Math.Min(block, vocabulary - first)).to(float32).contiguous(), first);
        }

        var results = reduction.Results();
        foreach (var i in reduction.Unsure)
        {
            using var scope = NewDisposeScope();
            results[i] = OnDevice(model.Logits(hidden.narrow(0, i, 1)).to(float32), [targets[i]])[0];
        }

        return results;
    }

    // The same with LibTorch's operators, and one copy back.
    private static TokenScore[] OnDevice(Tensor logits, int[] targets)
    {
        var target = tensor(targets.Select(t => (long)Math.Max(t, 0)).ToArray(), device: logits.device).unsqueeze(1); // [count, 1]
        var log = logits.log_softmax(1); // [count, vocabulary]
        var rank = logits.gt(logits.gather(1, target)).sum(1).to(float64);
        var probability = log.exp();
        var weighted = (probability * log).nan_to_num(0); // [count, vocabulary]
        var mean = weighted.sum(1).to(float64);
        var variance = (weighted * log).nan_to_num(0).sum(1).to(float64) - (mean * mean);
        var table = stack([log.gather(1, target).squeeze(1).to(float64), rank, logits.argmax(1).to(float64), mean.neg(), variance.clamp_min(0).sqrt()], 1).cpu().data<double>().ToArray(); // [count, 5]
        return [.. targets.Select((t, i) => new TokenScore(t < 0 ? float.NaN : (float)table[5 * i], t < 0 ? -1 : (int)table[(5 * i) + 1], (int)table[(5 * i) + 2], (float)table[(5 * i) + 3], (float)table[(5 * i) + 4]))];
    }
}
