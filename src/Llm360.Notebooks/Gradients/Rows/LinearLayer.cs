// The linear layers of a model of any family, and the names of their factors.
namespace Llm360.Notebooks;

/// <summary>A matrix that multiplies activations.</summary>
/// <param name="Module">
/// Its name without <c>.weight</c>; a head has its own name even if it is tied.
/// </param>
/// <param name="Parameter">Name of the weight; for a tied head, that of the embedding.</param>
/// <param name="Inputs">Width of its input.</param>
/// <param name="Outputs">Width of its output.</param>
/// <param name="IsInputFirst">Whether the weight is [in, out] instead of [out, in].</param>
internal sealed record LinearLayer(string Module, string Parameter, long Inputs, long Outputs, bool IsInputFirst)
{
    /// <summary>Name of the input of a module.</summary>
    public static string InputName(string module) => module + ".input";

    /// <summary>Name of the gradient of a module's output.</summary>
    public static string OutputGradientName(string module) => module + ".output_gradient";

    /// <summary>The embedding's name without <c>.weight</c>.</summary>
    public static string EmbeddingModule(ModelConfig config) => ParameterNames.ModuleOf(config.EmbeddingName);

    /// <summary>All linear layers of a model; the head is the last.</summary>
    public static IReadOnlyList<LinearLayer> Of(ModelConfig config)
    {
        var layers = new List<LinearLayer>();
        foreach (var (name, shape) in config.Parameters())
        {
            if (shape.Length != 2 || name == config.EmbeddingName)
                continue;
            var (inputs, outputs) = config.HasInputFirst ? (shape[0], shape[1]) : (shape[1], shape[0]);
            layers.Add(new LinearLayer(ParameterNames.ModuleOf(name), name, inputs, outputs, config.HasInputFirst));
        }

        if (config.TiedHeadName is { } head)
        {
            var module = ParameterNames.ModuleOf(head);
            layers.Add(new LinearLayer(module, config.EmbeddingName, config.HiddenSize, config.VocabularySize, false));
        }

        return layers;
    }

    /// <summary>All linear layers but the head, in the order of the parameters.</summary>
    public static IReadOnlyList<LinearLayer> OfBlocks(ModelConfig config) => [.. Of(config).SkipLast(1)];

    /// <summary>
    /// Parameters of norms: all except the embedding and the weights and biases of linear layers.
    /// </summary>
    public static IReadOnlyList<(string Name, long[] Shape)> NormParameters(ModelConfig config)
    {
        HashSet<string> others = [config.EmbeddingName];
        foreach (var layer in Of(config))
            others.UnionWith([layer.Parameter, ParameterNames.Bias(layer.Module)]);
        return [.. config.Parameters().Where(p => !others.Contains(p.Name))];
    }

    /// <summary>
    /// Names and shapes of <see cref="GradientForm.Factors"/> for a row of this many tokens.
    /// </summary>
    public static IEnumerable<(string Name, long[] Shape)> FactorShapes(ModelConfig config, int tokens)
    {
        yield return (OutputGradientName(EmbeddingModule(config)), [tokens, config.HiddenSize]);
        foreach (var layer in Of(config))
        {
            yield return (InputName(layer.Module), [tokens, layer.Inputs]);
            yield return (OutputGradientName(layer.Module), [tokens, layer.Outputs]);
        }

        foreach (var norm in NormParameters(config))
            yield return norm;
    }
}
