// Rows of token ids as tensors.
using TorchSharp;
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>Rows of token ids for a model.</summary>
internal static class TokenRows
{
    /// <summary>Checks that a model can process rows.</summary>
    /// <param name="model">The model.</param>
    /// <param name="rows">Token ids.</param>
    /// <param name="added">Number of tokens that will be added to each row.</param>
    /// <exception cref="Llm360Exception">
    /// A row is empty, too long with the added tokens, or has a token outside the vocabulary.
    /// </exception>
    public static void CheckTokens(this LanguageModel model, IReadOnlyList<int[]> rows, int added = 0) =>
        CheckTokens(model.Config, rows, added);

    /// <summary>The same before the model is loaded.</summary>
    public static void CheckTokens(ModelConfig config, IReadOnlyList<int[]> rows, int added = 0)
    {
        foreach (var (i, row) in rows.Index())
        {
            if (row.Length == 0)
                throw new Llm360Exception("The sequence is empty.", $"row {i}", "Give at least one token.");
            if (row.Length + (long)added > config.LongestSequence)
                throw TooLong(config, row.Length, added, i);
            CheckVocabulary(config, row, $"row {i}");
        }
    }

    private static Llm360Exception TooLong(ModelConfig config, int length, int added, int row)
    {
        var free = config.LongestSequence - length;
        return added == 0 || free < 1
            ? new($"A sequence of {length} tokens is {(free < 0 ? "longer than" : "as long as")} the model's {config.LongestSequence} "
                + "positions.",
                $"row {row}", added == 0 ? "Give a shorter sequence." : "Give a shorter prompt.")
            : new($"{added} new tokens do not fit behind {length} tokens into the model's {config.LongestSequence} positions.",
                $"row {row}", $"Ask for at most {free} new tokens.");
    }

    /// <summary>
    /// Checks that all tokens of rows are in a model's vocabulary; rows may be of any length.
    /// </summary>
    /// <param name="config">The model's configuration.</param>
    /// <param name="rows">Token ids.</param>
    /// <param name="file">Where the rows come from, for the error; null for no file.</param>
    /// <exception cref="Llm360Exception">
    /// A token is negative or outside the vocabulary. The error names file, row and token, counted
    /// from 0.
    /// </exception>
    public static void CheckVocabulary(ModelConfig config, IReadOnlyList<int[]> rows, string? file = null)
    {
        foreach (var (i, row) in rows.Index())
            CheckVocabulary(config, row, file is null ? $"row {i}" : $"{file}, row {i}");
    }

    /// <summary>The same for one row.</summary>
    internal static void CheckVocabulary(ModelConfig config, ReadOnlySpan<int> row, string place)
    {
        if (row.IndexOfAnyExceptInRange(0, config.VocabularySize - 1) is var at and >= 0)
            throw OutOfVocabulary(config, row[at], $"{place}, token {at} (counted from 0)");
    }

    /// <summary>The same for a batch on any device. This waits for the device.</summary>
    /// <param name="config">The model's configuration.</param>
    /// <param name="tokens">I64 [batch, time]</param>
    internal static void CheckVocabulary(ModelConfig config, Tensor tokens)
    {
        using var scope = NewDisposeScope();
        if (tokens.numel() == 0 || (tokens.min().ToInt64() >= 0 && tokens.max().ToInt64() < config.VocabularySize))
            return;
        var (time, ids) = (tokens.shape[^1], tokens.reshape(-1).to(int64).cpu().data<long>().ToArray());
        var at = Array.FindIndex(ids, t => t < 0 || t >= config.VocabularySize);
        throw OutOfVocabulary(config, ids[at], $"row {at / time}, token {at % time} (counted from 0)");
    }

    /// <summary>Token ids as a batch on a device.</summary>
    /// <param name="tokens">Whole numbers, [batch, time] or [time].</param>
    /// <param name="device">The model's device.</param>
    /// <returns>I64 [batch, time]</returns>
    /// <exception cref="Llm360Exception">
    /// They have another type or shape, or there are none.
    /// </exception>
    internal static Tensor ToBatch(Tensor tokens, torch.Device device)
    {
        if (tokens.Dimensions is not (1 or 2) || tokens.dtype is not (ScalarType.Int64 or ScalarType.Int32) || tokens.numel() == 0)
        {
            throw new Llm360Exception(
                $"The tokens are {tokens.dtype} [{string.Join(", ", tokens.shape)}].", "tokens",
                "Give whole numbers [batch, time], or [time] for one row, at least one.");
        }

        return (tokens.Dimensions == 1 ? tokens.unsqueeze(0) : tokens).to(int64).to(device);
    }

    private static Llm360Exception OutOfVocabulary(ModelConfig config, long token, string place) =>
        new($"Token {token} is not in the model's vocabulary of {config.VocabularySize}.", place,
            "Use rows made with the model's own tokenizer.");

    /// <summary>I64 [rows, length], with zeros after each row.</summary>
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
