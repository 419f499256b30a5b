// Compares the memory that training a recipe needs with the memory of the machine.

namespace Llm360.Notebooks;

/// <summary>Refuses a recipe whose model or sequences are too large for this machine.</summary>
internal static class TrainingSize
{
    /// <summary>Weights, gradients and AdamW's two moments.</summary>
    private const int BuffersOfParameters = 4;

    /// <exception cref="Llm360Exception">
    /// The recipe needs more memory than there is, or has more parameters than are trained here.
    /// </exception>
    public static void Require(SuiteRecipe manifest)
    {
        var config = TrainingState.Shape(manifest);
        var parameters = config.CountParameters();
        const string remedy = "Choose a smaller model.";
        var bytes = BuffersOfParameters * sizeof(float) * parameters;
        SizeCheck.RequireMemory(bytes, $"A model of {parameters:N0} parameters", "model", remedy);
        if (parameters > int.MaxValue)
        {
            var what = $"The model has {parameters:N0} parameters, and at most {int.MaxValue:N0} are trained here.";
            throw new Llm360Exception(what, "model", remedy);
        }

        // The activations of one row that CpuGradients keeps for the backward pass.
        var floatsOfToken = ((Int128)config.Layers + 1) * ((6L * config.HiddenSize) + (2L * config.IntermediateSize));
        SizeCheck.RequireMemory(
            bytes + (floatsOfToken * config.MaximumLength * sizeof(float)),
            $"A model of {parameters:N0} parameters with a sequence of {manifest.Corpus.SequenceLength:N0} tokens",
            "corpus.sequenceLength",
            "Choose shorter sequences or a smaller model.");
    }
}
