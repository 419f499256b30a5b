// The parts of a suite: a checkpoint and a chunk of the training data.
namespace Llm360.Notebooks;

/// <summary>One checkpoint: a folder in Hugging Face layout.</summary>
/// <param name="Name">For example <c>ckpt_012</c>.</param>
/// <param name="Index">
/// Its number within its suite, ascending in training order; null for a checkpoint that was opened
/// alone, by its file, folder or revision.
/// </param>
/// <param name="ChunksSeen">
/// Number of chunks that training had seen when it was saved; null if unknown.
/// </param>
/// <param name="Folder">
/// Folder of <c>config.json</c>, the weights and the tokenizer. For a checkpoint on the Hub, this
/// folder is searched first.
/// </param>
/// <param name="Hub">Its location on the Hub; null if it is only on disk.</param>
[TypeFormatterSource(typeof(TableFormatterSource), PreferredMimeTypes = [MimeTypes.Html, MimeTypes.Plain])]
public sealed record Checkpoint(string Name, int? Index, int? ChunksSeen, string Folder, HubLocation? Hub = null) : IShownAsTable
{
    /// <summary>Tokens that training had seen when it was saved; null if unknown.</summary>
    public long? TokensSeen { get; init; }

    /// <summary>
    /// The schedule's learning rate of the step that follows it; null if unknown. After the last
    /// step, it is the final rate.
    /// </summary>
    public double? LearningRate { get; init; }

    /// <summary>The name of its phase of training; null if unknown.</summary>
    public string? Phase { get; init; }

    /// <summary>
    /// The file with its optimizer state, in <see cref="Folder"/>; null if there is none.
    /// </summary>
    public string? OptimizerPath => Path.Combine(Folder, OptimizerFile) is var path && File.Exists(path) ? path : null;

    /// <summary>
    /// Whether it must be taken from the Hub or its cache: it has a location on the Hub, and there
    /// is nothing in <see cref="Folder"/>.
    /// </summary>
    public bool IsOnHub => Hub is not null && !File.Exists(Path.Combine(Folder, SuiteLayout.Config));

    /// <summary>Name of the file with the optimizer state.</summary>
    internal string OptimizerFile { get; init; } = SuiteLayout.Optimizer;

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>A summary as a table.</summary>
    public Table ToTable() => RowTable.Card(
        $"The checkpoint {Name}.",
        ("number in its suite", Index),
        ("chunks seen", ChunksSeen),
        ("tokens seen", TokensSeen),
        ("phase", Phase),
        ("learning rate", LearningRate),
        ("optimizer state", OptimizerPath is not null),
        (IsOnHub ? "on the Hub" : "folder", IsOnHub ? Hub : Folder));

    /// <summary>Its number, for analyses that order checkpoints.</summary>
    /// <exception cref="Llm360Exception">It was opened alone, so its number is unknown.</exception>
    internal int RequireIndex() => Index ?? throw Unknown("its number in a suite");

    /// <summary>
    /// The number of chunks it has seen, for analyses that need the training data.
    /// </summary>
    /// <exception cref="Llm360Exception">They are unknown.</exception>
    internal int RequireChunksSeen() => ChunksSeen ?? throw Unknown("which chunks of training data it has seen");

    private Llm360Exception Unknown(string what) => new(
        $"The checkpoint {Name} does not tell {what}.",
        Hub?.ToString() ?? Folder,
        "Open it as a part of a suite whose manifest tells it: SUITE/CHECKPOINT, such as nano/36.");
}

/// <summary>One chunk of the training data: a JSON Lines file of Amber's row format.</summary>
/// <param name="Name">For example <c>train_012</c>.</param>
/// <param name="Index">Its number, also its position in the training order.</param>
/// <param name="Path">The file. For a chunk on the Hub, this path is searched first.</param>
/// <param name="Hub">Its location on the Hub; null if it is only on disk.</param>
public sealed record Chunk(string Name, int Index, string Path, HubLocation? Hub = null)
{
    /// <summary>
    /// Whether it must be taken from the Hub or its cache: it has a location on the Hub, and there
    /// is no file at <see cref="Path"/>.
    /// </summary>
    public bool IsOnHub => Hub is not null && !File.Exists(Path);

    /// <summary>The file or its location on the Hub, for messages.</summary>
    internal string Place => IsOnHub ? Hub!.ToString() : Path;

    /// <inheritdoc/>
    public override string ToString() => Name;
}
