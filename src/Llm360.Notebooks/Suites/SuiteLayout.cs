// The names of files inside a suite's folder.
namespace Llm360.Notebooks.Suites;

/// <summary>File names inside a suite's folder.</summary>
public static class SuiteLayout
{
    /// <summary>The manifest the suite was made from.</summary>
    public const string Manifest = "suite.json";

    /// <summary>Folder of the chunks.</summary>
    public const string Train = "train";

    /// <summary>Held-out sequences.</summary>
    public const string Validation = "validation.jsonl";

    /// <summary>What was planted where.</summary>
    public const string Canaries = "canaries.json";

    /// <summary>One row a training step.</summary>
    public const string Metrics = "metrics.parquet";

    /// <summary>Weights of a checkpoint.</summary>
    public const string Weights = "model.safetensors";

    /// <summary>AdamW moments of a checkpoint.</summary>
    public const string Optimizer = "optimizer.safetensors";

    /// <summary>The model's configuration.</summary>
    public const string Config = "config.json";

    /// <summary>The SentencePiece model.</summary>
    public const string Tokenizer = "tokenizer.model";

    /// <summary>Name of a checkpoint's folder.</summary>
    public static string Checkpoint(int index) => $"ckpt_{index:000}";

    /// <summary>Name of a chunk.</summary>
    public static string ChunkName(int index) => $"train_{index:000}";

    /// <summary>A chunk's file, relative to the suite's folder.</summary>
    public static string Chunk(int index) => Path.Combine(Train, ChunkName(index) + ".jsonl");
}
