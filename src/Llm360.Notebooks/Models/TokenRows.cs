// Rows of token ids as tensors.
using TorchSharp;
using static TorchSharp.torch;

namespace Llm360.Notebooks.Models;

/// <summary>Rows of token ids for a model.</summary>
public static class TokenRows
{
    /// <summary>Checks that a model can read rows.</summary>
    /// <param name="model">The model.</param>
    /// <param name="rows">Token ids.</param>
    /// <param name="added">Tokens that will be added to each.</param>
    /// <exception cref="Llm360Exception">A row is empty, too long with what is to be added, or has a token beyond the vocabulary.</exception>
    public static void CheckTokens(this LanguageModel model, IReadOnlyList<int[]> rows, int added = 0)
    {
        foreach (var (i, row) in rows.Index())
        {
            if (row.Length == 0)
                throw new Llm360Exception("The sequence is empty.", $"row {i}", "Give at least one token.");
            if (row.Length + (long)added > model.Config.LongestSequence)
                throw new Llm360Exception($"A sequence of {row.Length + (long)added} tokens is longer than the model's {model.Config.LongestSequence} positions.", $"row {i}", "Give a shorter sequence.");
            if (row.AsSpan().IndexOfAnyExceptInRange(0, model.Config.VocabularySize - 1) is var at and >= 0)
                throw new Llm360Exception($"Token {row[at]} is not in the model's vocabulary of {model.Config.VocabularySize}.", $"row {i}, token {at}", "Use rows made with the model's own tokenizer.");
        }
    }

    /// <summary>I64 [rows, length], zeros behind each row.</summary>
    internal static Tensor PadRight(int[][] rows, int length, torch.Device device)
    {
        var ids = new long[rows.Length * length];
        for (var i = 0; i < rows.Length; i++)
        {
            for (var t = 0; t < rows[i].Length; t++)
                ids[(i * length) + t] = rows[i][t];
        }

        return tensor(ids, [rows.Length, length], device: device);
    }
}
