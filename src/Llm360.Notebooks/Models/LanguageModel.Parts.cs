// The parts of a model that analyses read: parameters, final norm, unembedding.
using System.Collections;
using System.Diagnostics.CodeAnalysis;
using static TorchSharp.torch;

namespace Llm360.Notebooks;

public abstract partial class LanguageModel
{
    private readonly Lazy<IReadOnlyList<string>> linearLayers;

    /// <summary>The parameters by name, ordered as <see cref="ModelConfig.Parameters"/>.</summary>
    /// <remarks>
    /// The model owns the tensors: do not change or dispose them. After <see cref="Rebind"/> a name
    /// may have another tensor. An unknown name gives an <see cref="Llm360Exception"/>.
    /// </remarks>
    public IReadOnlyDictionary<string, Tensor> Parameters => new ParameterView(this);

    /// <summary>
    /// Names of the linear layers' weights, in the order of <see cref="ModelConfig.Parameters"/>.
    /// The head is last, under a head's own name even if it is the embedding.
    /// </summary>
    public IReadOnlyList<string> LinearLayers => linearLayers.Value;

    /// <summary>The norm before the head.</summary>
    /// <param name="hidden">A residual stream, [..., hidden].</param>
    /// <returns>[..., hidden]</returns>
    /// <exception cref="Llm360Exception">
    /// The tensor has another width, type or device, or the model was disposed.
    /// </exception>
    public Tensor FinalNorm(Tensor hidden)
    {
        CheckHidden(hidden);
        using var scope = NewDisposeScope();
        return NormalizeFinal(hidden.contiguous()).MoveToOuterDisposeScope();
    }

    /// <summary>Logits of hidden states: the unembedding, with CrystalCoder's factor.</summary>
    /// <param name="hidden">Hidden states after the final norm, [..., hidden].</param>
    /// <param name="hooks">Hooks at the input and the output of the head; null for none.</param>
    /// <returns>[..., vocabulary], of the hidden states' type</returns>
    /// <exception cref="Llm360Exception">
    /// The tensor has another width, type or device, a hook is wrong, or the model was disposed.
    /// </exception>
    public Tensor Logits(Tensor hidden, ForwardHooks? hooks = null)
    {
        CheckHidden(hidden);
        hooks?.Check(this);
        using var scope = NewDisposeScope();
        if (hooks is null)
            return ScaleLogits(LinearProduct.Of(hidden, Weights[HeadName], null)).to(hidden.dtype).MoveToOuterDisposeScope();

        // Views: a hook may keep its tensor, and the caller disposes the input and the output.
        var head = LinearLayers[^1];
        var input = hooks.At(HookSite.LinearInput(head), hidden.view(hidden.shape));
        var logits = ScaleLogits(hooks.At(HookSite.LinearOutput(head), LinearProduct.Of(input, Weights[HeadName], null))).to(hidden.dtype);
        return logits.view(logits.shape).MoveToOuterDisposeScope();
    }

    private IReadOnlyList<string> ListLinearLayers() =>
    [
        .. Config.Parameters().Where(p => p.Shape.Length == 2 && p.Name != Config.EmbeddingName && p.Name != HeadName).Select(p => p.Name),
        Config.TiedHeadName ?? HeadName,
    ];

    private void CheckHidden(Tensor hidden)
    {
        if (!hidden.is_floating_point() || hidden.Dimensions == 0 || hidden.shape[^1] != Config.HiddenSize
            || hidden.device_type != Device.type)
        {
            throw new Llm360Exception(
                $"The hidden states are {hidden.dtype} [{string.Join(", ", hidden.shape)}] on {hidden.device}.", "hidden",
                $"Give {HiddenType} [..., {Config.HiddenSize}] on {Device}.");
        }
    }

    /// <summary>The weights under the names that the configuration lists.</summary>
    private sealed class ParameterView(LanguageModel model) : IReadOnlyDictionary<string, Tensor>
    {
        private readonly string[] names = [.. model.Config.Parameters().Select(p => p.Name)];

        public IEnumerable<string> Keys => names;

        public IEnumerable<Tensor> Values => names.Select(n => model.Weights[n]);

        public int Count => names.Length;

        public Tensor this[string key] => TryGetValue(key, out var tensor) ? tensor
            : throw new Llm360Exception(
                $"The model has no parameter {Printable.Value(key)}.", "LanguageModel.Parameters",
                $"Its Keys list the names: {string.Join(", ", names.Take(3))} ...");

        public bool ContainsKey(string key) => names.Contains(key);

        public bool TryGetValue(string key, [MaybeNullWhen(false)] out Tensor value)
        {
            value = ContainsKey(key) ? model.Weights[key] : null;
            return value is not null;
        }

        public IEnumerator<KeyValuePair<string, Tensor>> GetEnumerator() =>
            names.Select(n => KeyValuePair.Create(n, model.Weights[n])).GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
