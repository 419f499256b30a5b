// Reduces logits to the requested statistics, so that all logits are never in memory at once.
using TorchSharp;
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>
/// Applies a model's head in blocks and reduces the logits immediately. Memory does not grow with
/// vocabulary times positions.
/// </summary>
internal static class HeadReduction
{
    /// <summary>
    /// Logits per block on the CPU, where they should stay in its caches, and on other devices,
    /// where small products leave most of the device idle.
    /// </summary>
    private const int LogitsAtOnce = 1 << 22, LogitsAtOnceOnDevice = 1 << 24;

    /// <summary>
    /// Positions at once on the CPU, where a block is a part of the vocabulary. The weights are
    /// read once for this number of positions.
    /// </summary>
    private const int PositionsAtOnce = 2048;

    /// <summary>
    /// Tokens of the vocabulary per block if a row's results may not depend on other rows.
    /// </summary>
    private const int InvariantBlock = 4096;

    /// <summary>
    /// Logits per block for the most probable token, fewer than fit in a processor's own cache; and
    /// the minimum number of tokens per block.
    /// </summary>
    private const int ArgmaxPiece = 1 << 17, ArgmaxBlock = 2048;

    /// <summary>Log-probability, rank, argmax and entropy of every position.</summary>
    /// <param name="model">The model.</param>
    /// <param name="hidden">[positions, hidden]</param>
    /// <param name="targets">The true next token of each position.</param>
    public static TokenScore[] Scores(LanguageModel model, Tensor hidden, TargetTokens targets)
    {
        var positions = targets.Ids.Length;
        if (positions == 0)
            return [];
        if (hidden.device_type != DeviceType.CPU || hidden.dtype == float64) // The kernel would round to float32.
            return ByOperators(model, hidden, targets);
        var results = new List<TokenScore>(positions);
        for (var at = 0; at < positions; at += PositionsAtOnce)
        {
            using var scope = NewDisposeScope();
            var count = Math.Min(PositionsAtOnce, positions - at);
            results.AddRange(ByVocabulary(model, hidden.narrow(0, at, count), targets.Part(at, count)));
        }

        return [.. results];
    }

    /// <summary>
    /// The most probable token at every position; -1 where the largest logit is not finite.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="hidden">[positions, hidden]</param>
    public static int[] Argmax(LanguageModel model, Tensor hidden)
    {
        using var scope = NewDisposeScope();
        if (!TensorMemory.IsPlain(hidden))
        {
            using var none = (-1L).ToScalar();
            return [.. Reduced(model, hidden, Largest).cpu().data<long>().Select(t => (int)t)];

            Tensor Largest(Tensor logits, int first)
            {
                var (values, tokens) = logits.max(1);
                return tokens.masked_fill(values.isfinite().logical_not(), none);
            }
        }

        if (model.HeadShortlistFor(hidden)?.Argmax(hidden) is not { } tokens)
            return ArgmaxByHead(model, hidden);
        int[] open = [.. tokens.Index().Where(t => t.Item is null).Select(t => t.Index)];
        if (open.Length > 0)
        {
            foreach (var (i, token) in open.Zip(ArgmaxByHead(model, hidden.index_select(0, tensor(open)))))
                tokens[i] = token;
        }

        return [.. tokens.Select(t => t!.Value)];
    }

    // Computes all logits from the head itself.
    private static int[] ArgmaxByHead(LanguageModel model, Tensor hidden)
    {
        var vocabulary = model.Config.VocabularySize;
        var largest = new LargestLogits((int)hidden.shape[0]);
        var x = model.ForHead(hidden);
        var block = (int)Math.Max(ArgmaxPiece / hidden.shape[0], ArgmaxBlock);
        for (var first = 0; first < vocabulary; first += block)
        {
            using var step = NewDisposeScope();
            largest.Add(model.Logits(x, first, Math.Min(block, vocabulary - first)), first);
        }

        return largest.Tokens;
    }

    /// <summary>
    /// log p of the true tokens when drawing only from the <paramref name="topK"/> most probable
    /// tokens; negative infinity for a true token that is not among them.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="hidden">[positions, hidden]</param>
    /// <param name="targets">The true next token of each position.</param>
    /// <param name="topK">Number of tokens, at most the size of the vocabulary.</param>
    public static float[] TopKLogProbabilities(LanguageModel model, Tensor hidden, TargetTokens targets, int topK)
    {
        if (targets.Ids.Length == 0)
            return [];
        using var scope = NewDisposeScope();
        using var minus = double.NegativeInfinity.ToScalar();
        return [.. Reduced(model, hidden, LogProbability).cpu().data<float>()];

        Tensor LogProbability(Tensor logits, int first)
        {
            logits = logits.to(float32);
            var (largest, _) = logits.topk(topK, dim: 1); // [count, k], falling
            var target = logits.gather(1, targets.Tensor.narrow(0, first, logits.shape[0])); // [count, 1]
            var log = target - largest.logsumexp(1, keepdim: true);
            return log.masked_fill(target.lt(largest.narrow(1, topK - 1, 1)), minus).squeeze(1);
        }
    }

    /// <summary>The error for logits that are not numbers.</summary>
    public static Llm360Exception NotNumbers(string where) =>
        new("The model's logits are not numbers.", where, "Look for NaN in its weights: llm360 inspect --stats.");

    // Reduces the logits of all positions. The second argument of reduce is the first position of
    // its block. No step waits for the device.
    private static Tensor Reduced(LanguageModel model, Tensor hidden, Func<Tensor, int, Tensor> reduce)
    {
        var positions = (int)hidden.shape[0];
        var rows = Math.Max(1, (hidden.device_type == DeviceType.CPU ? LogitsAtOnce : LogitsAtOnceOnDevice) / model.Config.VocabularySize);
        var parts = new List<Tensor>();
        for (var at = 0; at < positions; at += rows)
        {
            using var scope = NewDisposeScope();
            parts.Add(reduce(model.Logits(hidden.narrow(0, at, Math.Min(rows, positions - at))), at).MoveToOuterDisposeScope());
        }

        return parts.Count == 1 ? parts[0] : cat([.. parts]);
    }

    private static TokenScore[] ByVocabulary(LanguageModel model, Tensor hidden, TargetTokens targets)
    {
        var vocabulary = model.Config.VocabularySize;
        var x = model.ForHead(hidden);
        var (low, high) = model.LogitBounds(x, targets.Tensor.view(-1));
        var reduction = new LogitReduction(targets.Ids, low.data<float>().ToArray(), high.data<float>().ToArray());
        // A row's sums are computed block by block, so the block size must not depend on the other
        // rows.
        var block = RowInvariance.IsOn ? InvariantBlock : (int)Math.Clamp(LogitsAtOnce / hidden.shape[0], 1, vocabulary);
        for (var first = 0; first < vocabulary; first += block)
        {
            using var scope = NewDisposeScope();
            reduction.Add(model.Logits(x, first, Math.Min(block, vocabulary - first)), first);
        }

        var results = reduction.Results();
        foreach (var i in reduction.Unsure)
        {
            using var scope = NewDisposeScope();
            results[i] = ByOperators(model, hidden.narrow(0, i, 1), targets.Part(i, 1))[0];
        }

        return results;
    }

    // The same with LibTorch's operators, and one copy to the host.
    private static TokenScore[] ByOperators(LanguageModel model, Tensor hidden, TargetTokens targets)
    {
        using var scope = NewDisposeScope();
        var table = Reduced(model, hidden, Measures).cpu().data<double>().ToArray(); // [positions, 5]
        return [.. targets.Ids.Select((t, i) => Score(t, table.AsSpan(5 * i, 5)))];

        static TokenScore Score(int target, ReadOnlySpan<double> values) => new(
            target < 0 ? float.NaN : (float)values[0],
            target < 0 ? -1 : (int)values[1],
            (int)values[2],
            (float)values[3],
            (float)values[4]);

        Tensor Measures(Tensor logits, int first)
        {
            if (logits.dtype != float64)
                logits = logits.to(float32);
            var target = targets.Tensor.narrow(0, first, logits.shape[0]); // [count, 1]
            var rank = logits.gt(logits.gather(1, target)).sum(1).to(float64);
            var log = logits.log_softmax(1); // [count, vocabulary]
            var weighted = log.exp().mul_(log).nan_to_num_(0); // [count, vocabulary]
            var mean = weighted.sum(1).to(float64);
            var variance = weighted.mul_(log).nan_to_num_(0).sum(1).to(float64) - (mean * mean);
            return stack(
                [log.gather(1, target).squeeze(1).to(float64), rank, logits.argmax(1).to(float64), mean.neg(), variance.relu().sqrt()], 1);
        }
    }
}
