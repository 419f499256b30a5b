// The models whose forward pass and decoding are measured.
using TorchSharp;

namespace Llm360.Notebooks.Benchmarks.Forward;

/// <summary>LLaMA shapes with random weights.</summary>
internal static class ForwardShape
{
    public const int Rows = 8, Length = 256, Prompt = 32;

    public static readonly IReadOnlyDictionary<string, LlamaConfig> All = new Dictionary<string, LlamaConfig>
    {
        ["D512"] = Config(512, 1376, 8, 8),
        ["15M"] = Config(288, 768, 6, 6),
        ["110M"] = Config(768, 2048, 12, 12),
    };

    /// <summary>Floating-point operations of the matrix products of one token, including the
    /// head.</summary>
    public static double ProductFlops(LlamaConfig config) =>
        2.0 * (config.ParameterCount - ((long)config.VocabularySize * config.HiddenSize));

    /// <summary>Writes a checkpoint that every contender loads.</summary>
    public static void Write(LlamaConfig config, string folder)
    {
        using var scope = torch.NewDisposeScope();
        var generator = new torch.Generator(1);
        AtomicFile.WriteText(Path.Combine(folder, "config.json"), config.ToJson());
        SafetensorsWriter.Write(
            Path.Combine(folder, "model.safetensors"),
            [.. config.Parameters().Select(p =>
                (p.Name, p.Shape.Length == 1 ? torch.ones(p.Shape) : torch.randn(p.Shape, generator: generator) * 0.02f))]);
    }

    /// <summary>The tokens, the same for every contender.</summary>
    public static int[][] Tokens(int rows, int length)
    {
        var tokens = new int[rows][];
        for (var i = 0; i < rows; i++)
            tokens[i] = [.. Enumerable.Range(0, length).Select(t => 3 + (((i * 7919) + (t * 104729)) % 31990))];
        return tokens;
    }

    private static LlamaConfig Config(int hidden, int mlp, int layers, int heads) =>
        new(hidden, mlp, layers, heads, heads, hidden / heads, 32000, 1024, 1e-6, 10000, TiedHead: false);
}
