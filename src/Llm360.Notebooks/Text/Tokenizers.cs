// Opens the tokenizer in a checkpoint's folder.

namespace Llm360.Notebooks;

/// <summary>Opens tokenizers.</summary>
public static class Tokenizers
{
    /// <summary>The byte-level BPE file.</summary>
    private const string Json = "tokenizer.json";

    /// <summary>
    /// The tokenizer of a folder in Hugging Face layout: <c>tokenizer.model</c> if there is one,
    /// otherwise <c>tokenizer.json</c>.
    /// </summary>
    /// <remarks>
    /// LLaMA-style repositories contain both; their models were trained with the <c>.model</c>
    /// file.
    /// </remarks>
    /// <exception cref="Llm360Exception">
    /// There is neither, or the file is malformed or of an unsupported kind.
    /// </exception>
    public static ITokenizer Load(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        if (Path.Combine(folder, SuiteLayout.Tokenizer) is var model && File.Exists(model))
            return SentencePieceTokenizer.Load(model);
        if (Path.Combine(folder, Json) is var json && File.Exists(json))
            return ByteLevelBpeTokenizer.Load(json);
        throw new Llm360Exception(
            $"There is no tokenizer: neither {SuiteLayout.Tokenizer} nor {Json}.", folder,
            $"Name a checkpoint's folder. {Contents(folder)}");
    }

    /// <summary>The files of a tokenizer in a checkpoint's folder.</summary>
    internal static IReadOnlyList<string> FileNames { get; } = [SuiteLayout.Tokenizer, Json, TokenizerConfig.FileName];

    /// <summary>Whether a folder has a tokenizer's file.</summary>
    internal static bool Exists(string folder) =>
        File.Exists(Path.Combine(folder, SuiteLayout.Tokenizer)) || File.Exists(Path.Combine(folder, Json));

    private static string Contents(string folder)
    {
        const int shown = 20;
        if (!Directory.Exists(folder))
            return "This one does not exist.";
        var names = new DirectoryInfo(folder).EnumerateFileSystemInfos()
            .Select(e => e is DirectoryInfo ? e.Name + "/" : e.Name).Order(StringComparer.Ordinal).ToList();
        return names.Count == 0 ? "This one is empty."
            : $"This one holds {string.Join(", ", names.Take(shown))}{(names.Count > shown ? $" and {names.Count - shown} more" : "")}.";
    }
}
