// The names of GPT-NeoX's parameters in Hugging Face checkpoints.
namespace Llm360.Notebooks;

internal static class NeoxNames
{
    public const string Embedding = "gpt_neox.embed_in.weight"; // [vocabulary, hidden]
    public const string FinalNorm = "gpt_neox.final_layer_norm";
    public const string Head = "embed_out.weight"; // [vocabulary, hidden]

    public static string QueryKeyValue(int i) => Layer(i, "attention.query_key_value");

    public static string AttentionOutput(int i) => Layer(i, "attention.dense");

    public static string Up(int i) => Layer(i, "mlp.dense_h_to_4h");

    public static string Down(int i) => Layer(i, "mlp.dense_4h_to_h");

    public static string AttentionNorm(int i) => Layer(i, "input_layernorm");

    public static string MlpNorm(int i) => Layer(i, "post_attention_layernorm");

    private static string Layer(int i, string part) => $"gpt_neox.layers.{i}.{part}";
}
