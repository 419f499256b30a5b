// The names of LLaMA's parameters in Hugging Face checkpoints.
namespace Llm360.Notebooks;

/// <summary>
/// Names of LLaMA's parameters in Hugging Face checkpoints; i counts blocks from 0.
/// </summary>
internal static class LlamaNames
{
    /// <summary>[vocabulary, hidden]</summary>
    public const string Embedding = "model.embed_tokens.weight";

    /// <summary>[hidden]</summary>
    public const string FinalNorm = "model.norm.weight";

    /// <summary>[vocabulary, hidden]; absent when tied.</summary>
    public const string Head = "lm_head.weight";

    /// <summary>[heads x head, hidden]</summary>
    public static string Query(int i) => Layer(i, "self_attn.q_proj");

    /// <summary>[key-value heads x head, hidden]</summary>
    public static string Key(int i) => Layer(i, "self_attn.k_proj");

    /// <summary>[key-value heads x head, hidden]</summary>
    public static string Value(int i) => Layer(i, "self_attn.v_proj");

    /// <summary>[hidden, heads x head]</summary>
    public static string AttentionOutput(int i) => Layer(i, "self_attn.o_proj");

    /// <summary>[intermediate, hidden]</summary>
    public static string Gate(int i) => Layer(i, "mlp.gate_proj");

    /// <summary>[intermediate, hidden]</summary>
    public static string Up(int i) => Layer(i, "mlp.up_proj");

    /// <summary>[hidden, intermediate]</summary>
    public static string Down(int i) => Layer(i, "mlp.down_proj");

    /// <summary>[hidden]</summary>
    public static string AttentionNorm(int i) => Layer(i, "input_layernorm");

    /// <summary>[hidden]</summary>
    public static string MlpNorm(int i) => Layer(i, "post_attention_layernorm");

    private static string Layer(int i, string part) => $"model.layers.{i}.{part}.weight";
}
