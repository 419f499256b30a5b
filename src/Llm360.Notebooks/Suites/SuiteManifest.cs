// The description of a suite, as a manifest file holds it: what is known of it, and where from.
namespace Llm360.Notebooks;

/// <summary>A suite, as <c>data-manifests/suites/NAME.json</c> describes it.</summary>
/// <remarks>
/// A suite that is trained here has a recipe: <paramref name="Corpus"/>, <paramref name="Model"/>
/// and <paramref name="Training"/>. A suite that others published has
/// <paramref name="Checkpoints"/> and <paramref name="Parameters"/>. A manifest has one of the two.
/// </remarks>
/// <param name="Name">Short name, also the name of the suite's folder.</param>
/// <param name="Description">One or two sentences.</param>
/// <param name="Corpus">Recipe: the text and how it becomes chunks.</param>
/// <param name="Model">Recipe: the LLaMA shape.</param>
/// <param name="Training">Recipe: the optimisation.</param>
/// <param name="Expected">Recipe: what building the corpus must give; null in a recipe that is not
/// measured yet.</param>
/// <param name="Weights">SHA-256 of <c>model.safetensors</c> of every checkpoint, from
/// <c>ckpt_000</c> on, of a suite that is trained here.</param>
/// <param name="Parameters">Parameters of the published model.</param>
/// <param name="TrainedTokens">Tokens that the last published checkpoint has seen; when null, the
/// phases tell, if they can.</param>
/// <param name="Checkpoints">Where the published checkpoints are and what they are called.</param>
/// <param name="Chunks">The published training data; null where it is not published as rows that
/// this kit reads.</param>
/// <param name="Phases">The phases of the published training, in order; null where none is
/// known.</param>
/// <param name="Licences">Under which licences the parts were published.</param>
/// <param name="Facts">Sources of what the manifest says, and what is not verified.</param>
public sealed record SuiteManifest(
    string Name,
    string Description,
    CorpusRecipe? Corpus = null,
    ModelShape? Model = null,
    TrainingRecipe? Training = null,
    CorpusCounts? Expected = null,
    IReadOnlyList<string>? Weights = null,
    long? Parameters = null,
    long? TrainedTokens = null,
    HubCheckpoints? Checkpoints = null,
    HubChunks? Chunks = null,
    IReadOnlyList<TrainingPhase>? Phases = null,
    IReadOnlyList<Licence>? Licences = null,
    IReadOnlyList<ManifestFact>? Facts = null)
{
    /// <summary>The recipe; null for a suite that others published.</summary>
    public SuiteRecipe? ToRecipe() => this is { Corpus: { } corpus, Model: { } model, Training: { } training }
        ? new SuiteRecipe(Name, Description, corpus, model, training, Expected, Weights) : null;
}

/// <summary>The checkpoints of a suite: revisions of one repository.</summary>
/// <param name="Repository">Of the model, <c>organisation/name</c>.</param>
/// <param name="Series">In training order.</param>
/// <param name="ChunksSeenByFirst">How many chunks the checkpoint with number 0 has seen; each
/// further number has seen one more.</param>
/// <param name="Optimizer">The file of a checkpoint's folder that holds the optimizer state;
/// <c>optimizer.safetensors</c> when null.</param>
/// <param name="OptimizerRepository">A repository with optimizer states in a form that this kit does
/// not read; null where none is known.</param>
public sealed record HubCheckpoints(
    string Repository,
    IReadOnlyList<CheckpointSeries> Series,
    int ChunksSeenByFirst = 0,
    string? Optimizer = null,
    string? OptimizerRepository = null);

/// <summary>Checkpoints whose names differ by a number.</summary>
/// <param name="Name">With the number's place and format in braces: <c>ckpt_{0:000}</c>.</param>
/// <param name="From">The first number.</param>
/// <param name="To">The last number; <paramref name="From"/> when null.</param>
/// <param name="Step">From one number to the next.</param>
/// <param name="Revision">What the Hub calls it, with the number's place where there are several;
/// the name when null.</param>
/// <param name="Phase">The phase that they belong to; the first when null.</param>
/// <param name="IndexOffset">A checkpoint's index is its number plus this; for phases that count
/// from 0 again.</param>
public sealed record CheckpointSeries(
    string Name,
    int From,
    int? To = null,
    int Step = 1,
    string? Revision = null,
    string? Phase = null,
    int IndexOffset = 0)
{
    internal IEnumerable<int> Numbers()
    {
        for (long number = From; number <= (To ?? From); number += Step)
            yield return (int)number;
    }
}

/// <summary>The chunks of a suite: files of one dataset, JSON Lines of token sequences as
/// <see cref="Chunk"/> has them.</summary>
/// <param name="Repository">Of the dataset, <c>organisation/name</c>.</param>
/// <param name="Name">With the number's place: <c>train_{0:000}</c>.</param>
/// <param name="Path">Of the file in the repository, with the number's place.</param>
/// <param name="Count">How many, numbered from 0 in the order of training.</param>
/// <param name="Revision">A branch, a tag or a commit.</param>
public sealed record HubChunks(string Repository, string Name, string Path, int Count, string Revision = HubLocation.Main);

/// <summary>Under which licence a part of a suite was published.</summary>
/// <param name="Of">The part: <c>weights</c>, <c>data</c>, <c>code</c>.</param>
/// <param name="Name">SPDX identifier, or the licence's name.</param>
/// <param name="Source">Where it is stated.</param>
/// <param name="Verified">Whether it was read there.</param>
public sealed record Licence(string Of, string Name, string Source, bool Verified);

/// <summary>Where something that a manifest says comes from.</summary>
/// <param name="Of">The key of the manifest, such as <c>phases</c> or
/// <c>checkpoints.series</c>.</param>
/// <param name="Source">The publication, file or page.</param>
/// <param name="Verified">Whether it was read there. What is not verified may be wrong.</param>
/// <param name="Note">What is uncertain, or how the value was computed; null where there is nothing
/// to add.</param>
public sealed record ManifestFact(string Of, string Source, bool Verified, string? Note = null);
