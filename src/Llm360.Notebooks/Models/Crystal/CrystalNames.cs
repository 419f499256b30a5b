// The names of CrystalCoder's parameters, which are GPT-2's.
namespace Llm360.Notebooks;

internal static class CrystalNames
{
    public const string Embedding = "transformer.wte.weight"; // [vocabulary, hidden]
    public const string FinalNorm = "transformer.ln_f";

    public static string QueryKeyValue(int i) => Layer(i, "attn.c_attn");

    public static string AttentionOutput(int i) => Layer(i, "attn.c_proj");

    public static string Up(int i) => Layer(i, "mlp.c_fc");

    public static string Gate(int i) => Layer(i, "mlp.c_fc2");

    public static string Down(int i) => Layer(i, "mlp.c_proj");

    public static string AttentionNorm(int i) => Layer(i, "ln_1");

    public static string MlpNorm(int i) => Layer(i, "ln_2");

    private static string Layer(int i, string part) => $"transformer.h.{i}.{part}";
}
