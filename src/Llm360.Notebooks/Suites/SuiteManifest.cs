// The manifest of a suite: the facts about it and their sources.
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
/// <param name="Expected">
/// Recipe: the expected counts of the corpus; null in a recipe that is not measured yet.
/// </param>
/// <param name="Weights">
/// SHA-256 of <c>model.safetensors</c> of every checkpoint of a suite that is trained here, from
/// <c>ckpt_000</c> on.
/// </param>
/// <param name="Parameters">Parameters of the published model.</param>
/// <param name="TrainedTokens">
/// Tokens that the last published checkpoint has seen; when null, computed from the phases if
/// possible.
/// </param>
/// <param name="Checkpoints">Locations and names of the published checkpoints.</param>
/// <param name="Chunks">
/// The published training data; null if it is not published as rows that this kit reads.
/// </param>
/// <param name="Phases">
/// The phases of the published training, in order; null if none is known.
/// </param>
/// <param name="Licences">The licences of the published parts.</param>
/// <param name="Facts">Sources of the manifest's values, and which of them are not
/// verified.</param>
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
/// <param name="Repository">The model's repository, <c>organisation/name</c>.</param>
/// <param name="Series">In training order.</param>
/// <param name="ChunksSeenByFirst">
/// Number of chunks that the checkpoint with number 0 has seen; each further number has seen one
/// more.
/// </param>
/// <param name="Optimizer">
/// The file with the optimizer state in a checkpoint's folder; <c>optimizer.safetensors</c> when
/// null.
/// </param>
/// <param name="OptimizerRepository">
/// A repository with optimizer states in a form that this kit does not read; null if none is known.
/// </param>
public sealed record HubCheckpoints(
    string Repository,
    IReadOnlyList<CheckpointSeries> Series,
    int ChunksSeenByFirst = 0,
    string? Optimizer = null,
    string? OptimizerRepository = null);

/// <summary>Checkpoints whose names differ by a number.</summary>
/// <param name="Name">
/// With a placeholder for the number and its format in braces: <c>ckpt_{0:000}</c>.
/// </param>
/// <param name="From">The first number.</param>
/// <param name="To">The last number; <paramref name="From"/> when null.</param>
/// <param name="Step">Difference between consecutive numbers.</param>
/// <param name="Revision">
/// The revision on the Hub, with a placeholder for the number if there are several checkpoints; the
/// name when null.
/// </param>
/// <param name="Phase">The phase of the checkpoints; the first when null.</param>
/// <param name="IndexOffset">
/// A checkpoint's index is its number plus this offset; for phases that count from 0 again.
/// </param>
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

/// <summary>
/// The chunks of a suite: files of one dataset, in JSON Lines with the token sequences of
/// <see cref="Chunk"/>.
/// </summary>
/// <param name="Repository">The dataset's repository, <c>organisation/name</c>.</param>
/// <param name="Name">With a placeholder for the number: <c>train_{0:000}</c>.</param>
/// <param name="Path">Path in the repository, with a placeholder for the number.</param>
/// <param name="Count">Number of chunks, numbered from 0 in training order.</param>
/// <param name="Revision">A branch, a tag or a commit.</param>
public sealed record HubChunks(string Repository, string Name, string Path, int Count, string Revision = HubLocation.Main);

/// <summary>The licence of a part of a suite.</summary>
/// <param name="Of">The part: <c>weights</c>, <c>data</c>, <c>code</c>.</param>
/// <param name="Name">SPDX identifier, or the licence's name.</param>
/// <param name="Source">The document that states the licence.</param>
/// <param name="Verified">Whether the licence was checked in the source.</param>
public sealed record Licence(string Of, string Name, string Source, bool Verified);

/// <summary>The source of a value in a manifest.</summary>
/// <param name="Of">
/// The key of the manifest, such as <c>phases</c> or <c>checkpoints.series</c>.
/// </param>
/// <param name="Source">The publication, file or page.</param>
/// <param name="Verified">
/// Whether the value was checked in the source. Values that are not verified may be wrong.
/// </param>
/// <param name="Note">
/// What is uncertain, or how the value was computed; null if there is nothing to add.
/// </param>
public sealed record ManifestFact(string Of, string Source, bool Verified, string? Note = null);
