// The names of files inside a suite's folder.
using System.Globalization;

namespace Llm360.Notebooks;

/// <summary>File names inside a suite's folder.</summary>
internal static class SuiteLayout
{
    /// <summary>The manifest from which the suite was made.</summary>
    public const string Manifest = "suite.json";

    /// <summary>Folder of the chunks.</summary>
    public const string Train = "train";

    /// <summary>Held-out sequences.</summary>
    public const string Validation = "validation.jsonl";

    /// <summary>The canaries and their positions.</summary>
    public const string Canaries = "canaries.json";

    /// <summary>One row for each training step.</summary>
    public const string Metrics = "metrics.parquet";

    /// <summary>The list of the suite's files: size and SHA-256 of each.</summary>
    public const string Files = "files.json";

    /// <summary>Weights of a checkpoint.</summary>
    public const string Weights = "model.safetensors";

    /// <summary>AdamW moments of a checkpoint.</summary>
    public const string Optimizer = "optimizer.safetensors";

    /// <summary>The model's configuration.</summary>
    public const string Config = "config.json";

    /// <summary>The SentencePiece model.</summary>
    public const string Tokenizer = "tokenizer.model";

    /// <summary>The tokenizer's configuration for <c>transformers</c>.</summary>
    internal const string TokenizerConfig = "tokenizer_config.json";

    /// <summary>Name of a checkpoint's folder.</summary>
    public static string Checkpoint(int index) => $"ckpt_{index:000}";

    /// <summary>Name of a chunk.</summary>
    public static string ChunkName(int index) => $"train_{index:000}";

    /// <summary>A chunk's file, relative to the suite's folder.</summary>
    public static string Chunk(int index) => Path.Combine(Train, ChunkName(index) + ".jsonl");

    /// <summary>The files of the corpus, with '/', relative to the suite's folder.</summary>
    internal static IEnumerable<string> CorpusFiles(SuiteRecipe manifest) =>
        [.. Enumerable.Range(0, manifest.Corpus.Chunks).Select(ChunkFile), Validation, Canaries];

    /// <summary>A chunk's file, with '/', relative to the suite's folder.</summary>
    internal static string ChunkFile(int index) => $"{Train}/{ChunkName(index)}.jsonl";

    /// <summary>
    /// The files of a checkpoint except its optimizer state, with '/', relative to the suite's
    /// folder.
    /// </summary>
    internal static IEnumerable<string> CheckpointFiles(int index) =>
        new[] { Config, Tokenizer, TokenizerConfig, Weights }.Select(name => $"{Checkpoint(index)}/{name}");

    /// <summary>
    /// The optimizer state of a checkpoint, with '/', relative to the suite's folder.
    /// </summary>
    internal static string OptimizerFile(int index) => $"{Checkpoint(index)}/{Optimizer}";

    /// <summary>The number in the name of a checkpoint's folder; null for another name.</summary>
    internal static int? CheckpointNumber(string name) =>
        name.StartsWith("ckpt_", StringComparison.Ordinal)
        && int.TryParse(name["ckpt_".Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        && Checkpoint(number) == name ? number : null;
}
