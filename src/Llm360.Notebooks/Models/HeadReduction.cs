// From hidden states to what is asked of the logits, which are never all in memory at once.
using Llm360.Notebooks.Models.Cpu;
using TorchSharp;
using static TorchSharp.torch;

namespace Llm360.Notebooks.Models;

/// <summary>Applies a model's head to a piece of the positions at a time and reduces the logits at once: memory does not grow with vocabulary times positions.</summary>
internal static class HeadReduction
{
    /// <summary>Logits at once.</summary>
    private const int Piece = 1 << 23;

    /// <summary>Log-probability, rank, argmax and entropy of every position.</summary>
    /// <param name="model">The model.</param>
    /// <param name="hidden">[positions, hidden]</param>
    /// <param name="targets">The true next token of each; -1 for none.</param>
    public static TokenScore[] Scores(LanguageModel model, Tensor hidden, int[] targets)
    {
        var results = new TokenScore[targets.Length];
        var rows = Math.Max(1, Piece / model.Config.VocabularySize);
        for (var at = 0; at < targets.Length; at += rows)
        {
            using var scope = NewDisposeScope();
            var count = Math.Min(rows, targets.Length - at);
            var logits = model.Logits(hidden.narrow(0, at, count)).to(float32); // [count, vocabulary]
            if (logits.device_type == DeviceType.CPU)
                LogitRows.Reduce(logits, targets.AsMemory(at, count), results.AsMemory(at, count));
            else
                OnDevice(logits, targets.AsSpan(at, count), results.AsSpan(at, count));
        }

        return results;
    }

    // The same with LibTorch's operators, and one copy back.
    private static void OnDevice(Tensor logits, ReadOnlySpan<int> targets, Span<TokenScore> results)
    {
        var target = tensor(targets.ToArray().Select(t => (long)Math.Max(t, 0)).ToArray(), device: logits.device).unsqueeze(1); // [count, 1]
        var log = logits.log_softmax(1); // [count, vocabulary]
        var rank = logits.gt(logits.gather(1, target)).sum(1).to(float64);
        var entropy = (log.exp() * log).nan_to_num(0).sum(1).neg().to(float64);
        var table = stack([log.gather(1, target).squeeze(1).to(float64), rank, logits.argmax(1).to(float64), entropy], 1).cpu().data<double>().ToArray(); // [count, 4]
        for (var i = 0; i < results.Length; i++)
            results[i] = new TokenScore(targets[i] < 0 ? float.NaN : (float)table[4 * i], targets[i] < 0 ? -1 : (int)table[(4 * i) + 1], (int)table[(4 * i) + 2], (float)table[(4 * i) + 3]);
    }
}
