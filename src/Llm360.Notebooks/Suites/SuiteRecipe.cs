// The recipe of a suite that this kit trains: sources of text, model and training.
namespace Llm360.Notebooks;

/// <summary>
/// The recipe of a suite that is trained here: the part of its manifest that training follows. It
/// is copied to the suite's folder.
/// </summary>
/// <param name="Name">Short name, also the folder's name.</param>
/// <param name="Description">One or two sentences.</param>
/// <param name="Corpus">The text and how it becomes chunks.</param>
/// <param name="Model">The LLaMA shape.</param>
/// <param name="Training">The optimisation.</param>
/// <param name="Expected">
/// The expected counts of the corpus; null in a manifest that is not measured yet.
/// </param>
/// <param name="Weights">
/// SHA-256 of <c>model.safetensors</c> of every checkpoint, from <c>ckpt_000</c> on; null in a
/// manifest that is not measured yet.
/// </param>
public sealed record SuiteRecipe(
    string Name,
    string Description,
    CorpusRecipe Corpus,
    ModelShape Model,
    TrainingRecipe Training,
    CorpusCounts? Expected = null,
    IReadOnlyList<string>? Weights = null)
{
    /// <summary>A manifest that contains only this recipe.</summary>
    public SuiteManifest ToManifest() => new(Name, Description, Corpus, Model, Training, Expected, Weights);
}

/// <summary>
/// How text becomes chunks of token sequences, as for Amber: documents are joined by the end token
/// and cut to length; sample n goes to chunk n mod N.
/// </summary>
/// <param name="Sources">In the order in which their sequences are numbered.</param>
/// <param name="Tokenizer">The vocabulary.</param>
/// <param name="SequenceLength">Tokens per sequence: inputs plus one (257 = 256 positions).</param>
/// <param name="Chunks">Number of chunks, N.</param>
/// <param name="SequencesPerChunk">Sequences per chunk, canaries included.</param>
/// <param name="ValidationSequences">Sequences of held-out documents.</param>
/// <param name="Seed">Seed of document order and of the held-out choice.</param>
/// <param name="Canaries">Planted random sequences; null for none.</param>
/// <param name="Deduplicate">
/// Keep only the first of exactly equal documents. Off by default, because duplicates are data.
/// </param>
public sealed record CorpusRecipe(
    IReadOnlyList<CorpusSource> Sources,
    TokenizerRecipe Tokenizer,
    int SequenceLength,
    int Chunks,
    int SequencesPerChunk,
    int ValidationSequences,
    int Seed,
    CanaryRecipe? Canaries = null,
    bool Deduplicate = false);

/// <summary>One labelled source of text.</summary>
/// <param name="Name">The label on every row.</param>
/// <param name="Share">Share of the corpus's sequences, relative to the other sources.</param>
/// <param name="Packages">The NuGet packages whose files are read; none for series.</param>
/// <param name="Documents">
/// What a document is: <c>members</c> or <c>types</c> of XML documentation, <c>notices</c>, the
/// licences of a text file, or <c>series</c>, lists such as "page 10, page 11" that the kit writes.
/// </param>
public sealed record CorpusSource(string Name, double Share, IReadOnlyList<CorpusPackage> Packages, string Documents = "members");

/// <summary>One pinned NuGet package.</summary>
/// <param name="Id">Package id.</param>
/// <param name="Version">Exact version.</param>
/// <param name="License">SPDX expression.</param>
/// <param name="Files">
/// Files inside the package, with <c>*</c> in the last part; read in ordinal order.
/// </param>
/// <param name="Sha256">
/// SHA-256 of the output of <c>sha256sum</c> for the files read, in order; null in a manifest that
/// is not measured yet.
/// </param>
public sealed record CorpusPackage(string Id, string Version, string License, IReadOnlyList<string> Files, string? Sha256 = null);

/// <summary>The vocabulary and how it was made.</summary>
/// <param name="Asset">File name of the SentencePiece model shipped in the library.</param>
/// <param name="VocabularySize">Entries.</param>
/// <param name="Sha256">Hash of the asset.</param>
/// <param name="Recipe">The command that made it.</param>
public sealed record TokenizerRecipe(string Asset, int VocabularySize, string Sha256, string Recipe);

/// <summary>
/// Random token sequences planted to be memorised. The row begins with the canary and continues
/// with the ordinary text of the sample in which it is planted.
/// </summary>
/// <param name="Length">Tokens of a canary. Those of one chunk share no token.</param>
/// <param name="Repetitions">
/// One canary for each number; the number is how often it is repeated within its chunk. The
/// repetitions are spread over the chunk.
/// </param>
/// <param name="Chunks">Chunks that each get their own set of canaries.</param>
/// <param name="Seed">Seed of the random tokens and of the rows they are planted in.</param>
/// <param name="Controls">
/// Canaries that are drawn in the same way but not planted, for comparison.
/// </param>
/// <param name="FrequentLeftOut">
/// The share of the vocabulary's ordinary tokens that canaries leave out: the most frequent ones in
/// the held-out text. Null for none.
/// </param>
public sealed record CanaryRecipe(
    int Length,
    IReadOnlyList<int> Repetitions,
    IReadOnlyList<int> Chunks,
    int Seed,
    int Controls = 0,
    double? FrequentLeftOut = null);

/// <summary>The shape of a LLaMA model; names as in Hugging Face's <c>config.json</c>.</summary>
/// <param name="HiddenSize">Width of the residual stream.</param>
/// <param name="IntermediateSize">Width of the MLP.</param>
/// <param name="Layers">Number of blocks.</param>
/// <param name="Heads">Attention heads.</param>
/// <param name="NormEps">Epsilon of RMSNorm.</param>
/// <param name="RopeTheta">Base of the rotary frequencies.</param>
/// <param name="InitializerRange">
/// Standard deviation of the initial weights; output projections are scaled by 1/sqrt(2 layers).
/// </param>
public sealed record ModelShape(
    int HiddenSize,
    int IntermediateSize,
    int Layers,
    int Heads,
    double NormEps = 1e-6,
    double RopeTheta = 10000,
    double InitializerRange = 0.02)
{
    /// <summary>Number of parameters for a given vocabulary size and an untied head.</summary>
    internal long ParameterCount(int vocabulary)
    {
        // Query, key, value, output; gate, up, down; two norms.
        var block = (4L * HiddenSize * HiddenSize) + (3L * HiddenSize * IntermediateSize) + (2L * HiddenSize);
        return (2L * vocabulary * HiddenSize) + (Layers * block) + HiddenSize;
    }
}

/// <summary>
/// The optimisation: AdamW with warm-up and one schedule, in one pass over the chunks.
/// </summary>
/// <param name="BatchSize">Sequences per step.</param>
/// <param name="PeakLearningRate">Learning rate after warm-up.</param>
/// <param name="FinalLearningRate">
/// Learning rate at the end of a cosine; equal to the peak for a constant schedule.
/// </param>
/// <param name="WarmupSteps">
/// Linear from 0: the first update has learning rate 0, as in Amber's script.
/// </param>
/// <param name="Schedule"><c>cosine</c> or <c>constant</c>.</param>
/// <param name="Seed">Seed of the initial weights and of the order within a chunk.</param>
/// <param name="OptimizerStates">
/// Numbers of the checkpoints that keep their optimizer state. A checkpoint that is needed to
/// resume also keeps it until the next one is complete.
/// </param>
/// <param name="Beta1">AdamW.</param>
/// <param name="Beta2">AdamW.</param>
/// <param name="Eps">AdamW.</param>
/// <param name="WeightDecay">Decoupled, for every parameter, as in Amber's script.</param>
/// <param name="ClipNorm">Largest global gradient norm.</param>
/// <param name="GradientGroups">
/// Number of groups of rows in a batch: gradients are summed within each group, then over the
/// groups.
/// 8 when null, or the batch size if that is smaller.
/// </param>
public sealed record TrainingRecipe(
    int BatchSize,
    double PeakLearningRate,
    double FinalLearningRate,
    int WarmupSteps,
    string Schedule,
    int Seed,
    IReadOnlyList<int> OptimizerStates,
    double Beta1 = 0.9,
    double Beta2 = 0.95,
    double Eps = 1e-8,
    double WeightDecay = 0.1,
    double ClipNorm = 1.0,
    int? GradientGroups = null)
{
    private const int MostGroupsByDefault = 8;

    /// <summary><see cref="GradientGroups"/> or its default.</summary>
    internal int Groups => GradientGroups ?? Math.Min(MostGroupsByDefault, BatchSize);
}

/// <summary>Counts of the corpus; checked when it is built.</summary>
/// <param name="Sources">Counts for each source, in the recipe's order.</param>
/// <param name="Sequences">Training sequences.</param>
/// <param name="Tokens">Training tokens.</param>
/// <param name="Sha256">
/// SHA-256 of the output of <c>sha256sum</c> for all chunk files, <c>validation.jsonl</c> and
/// <c>canaries.json</c>, in order.
/// </param>
public sealed record CorpusCounts(IReadOnlyList<SourceCounts> Sources, int Sequences, long Tokens, string Sha256);

/// <summary>Counts of one source.</summary>
/// <param name="Name">The source.</param>
/// <param name="Documents">Documents found, after deduplication if it is on.</param>
/// <param name="UniqueDocuments">Different texts among all found.</param>
/// <param name="UsedDocuments">Documents used in training sequences.</param>
/// <param name="Sequences">
/// Training sequences with this label; a row with a canary has the label <c>canary</c> instead.
/// </param>
/// <param name="NearCopies">
/// Near copies: at least half of their runs of eight words occur in earlier documents. Exact copies
/// are included. Null in a manifest that was measured before near copies were counted.
/// </param>
public sealed record SourceCounts(
    string Name, int Documents, int UniqueDocuments, int UsedDocuments, int Sequences, int? NearCopies = null);
