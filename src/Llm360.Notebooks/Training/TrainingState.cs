// The state of training between steps: weights, gradients and moments.

namespace Llm360.Notebooks;

/// <summary>Weights, gradients and AdamW's state of a run.</summary>
internal sealed class TrainingState : IDisposable
{
    public TrainingState(SuiteRecipe manifest)
    {
        Config = Shape(manifest);
        Weights = new ParameterBuffer(Config);
        Gradients = new ParameterBuffer(Config);
        Optimizer = new AdamW(Config, manifest.Training);
    }

    public LlamaConfig Config { get; }

    public ParameterBuffer Weights { get; }

    public ParameterBuffer Gradients { get; }

    public AdamW Optimizer { get; }

    /// <summary>The Hugging Face configuration of a suite's model.</summary>
    public static LlamaConfig Shape(SuiteRecipe manifest) => new(
        manifest.Model.HiddenSize,
        manifest.Model.IntermediateSize,
        manifest.Model.Layers,
        manifest.Model.Heads,
        manifest.Model.Heads,
        manifest.Model.HiddenSize / manifest.Model.Heads,
        manifest.Corpus.Tokenizer.VocabularySize,
        manifest.Corpus.SequenceLength - 1,
        manifest.Model.NormEps,
        manifest.Model.RopeTheta,
        TiedHead: false);

    public void Dispose()
    {
        Optimizer.Dispose();
        Gradients.Dispose();
        Weights.Dispose();
    }
}
