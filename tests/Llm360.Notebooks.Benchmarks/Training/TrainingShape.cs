// What all contenders of the training benchmark train: the embedded suite's model on random tokens.

namespace Llm360.Notebooks.Benchmarks.Training;

internal static class TrainingShape
{
    public const int Batch = 16, Length = 257, Vocabulary = 2048;

    public const double LearningRate = 1e-3;

    /// <summary>Tokens trained on in a step.</summary>
    public const int StepTokens = Batch * (Length - 1);

    public static ModelShape Model { get; } = new(HiddenSize: 128, IntermediateSize: 256, Layers: 4, Heads: 4);

    public static TrainingRecipe Recipe { get; } =
        new(Batch, LearningRate, LearningRate, WarmupSteps: 0, "constant", Seed: 0, OptimizerStates: []);

    public static LlamaConfig Config { get; } = new(
        Model.HiddenSize,
        Model.IntermediateSize,
        Model.Layers,
        Model.Heads,
        Model.Heads,
        Model.HiddenSize / Model.Heads,
        Vocabulary,
        Length - 1,
        Model.NormEps,
        Model.RopeTheta,
        TiedHead: false);

    /// <summary>Floating-point operations of a step that no implementation can avoid: the products
    /// of the forward and backward pass, and the unmasked half of attention.</summary>
    public static double StepFlops
    {
        get
        {
            // Every parameter except the embedding. The norms are too few to matter.
            var products = Config.ParameterCount - ((long)Vocabulary * Config.HiddenSize);

            // q k and p v: 2 products x half of the positions on average.
            var attention = (long)Config.Layers * Config.HiddenSize * Length;
            return 6.0 * (products + attention) * StepTokens;
        }
    }
}
