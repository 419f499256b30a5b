// The parts of a suite: a checkpoint and a chunk of the training data.
namespace Llm360.Notebooks;

/// <summary>One checkpoint: a folder in Hugging Face layout.</summary>
/// <param name="Name">For example <c>ckpt_012</c>.</param>
/// <param name="Index">Its number within its suite, rising in training order; null for a
/// checkpoint that was opened alone, by its file, folder or revision.</param>
/// <param name="ChunksSeen">How many chunks, counted from 0, training had seen when it was saved;
/// null where unknown.</param>
/// <param name="Folder">Where <c>config.json</c>, the weights and the tokenizer lie; with a place
/// on the Hub, where they are looked for first.</param>
/// <param name="Hub">Where on the Hub it is; null where it is only on disk.</param>
[TypeFormatterSource(typeof(TableFormatterSource), PreferredMimeTypes = [MimeTypes.Html, MimeTypes.Plain])]
public sealed record Checkpoint(string Name, int? Index, int? ChunksSeen, string Folder, HubLocation? Hub = null) : IShownAsTable
{
    /// <summary>Tokens that training had seen when it was saved; null where unknown.</summary>
    public long? TokensSeen { get; init; }

    /// <summary>
    /// The schedule's learning rate of the step that follows it; null where unknown. After the
    /// last step it is the rate at the end.
    /// </summary>
    public double? LearningRate { get; init; }

    /// <summary>The name of its phase of training; null where unknown.</summary>
    public string? Phase { get; init; }

    /// <summary>The file with its optimizer state, in <see cref="Folder"/>; null where there is
    /// none.</summary>
    public string? OptimizerPath => Path.Combine(Folder, OptimizerFile) is var path && File.Exists(path) ? path : null;

    /// <summary>
    /// Whether it has to be taken from the Hub or its cache: there is a place on the Hub, and
    /// nothing in <see cref="Folder"/>.
    /// </summary>
    public bool IsOnHub => Hub is not null && !File.Exists(Path.Combine(Folder, SuiteLayout.Config));

    /// <summary>Name of the file with the optimizer state.</summary>
    internal string OptimizerFile { get; init; } = SuiteLayout.Optimizer;

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>What is known of it, as a table.</summary>
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

    /// <summary>The chunks it has seen, for analyses that need what was trained on.</summary>
    /// <exception cref="Llm360Exception">They are unknown.</exception>
    internal int RequireChunksSeen() => ChunksSeen ?? throw Unknown("which chunks of training data it has seen");

    private Llm360Exception Unknown(string what) => new(
        $"The checkpoint {Name} does not tell {what}.",
        Hub?.ToString() ?? Folder,
        "Open it as a part of a suite whose manifest tells it: SUITE/CHECKPOINT, such as nano/36.");
}

/// <summary>One chunk of the training data: a JSON Lines file of Amber's row format.</summary>
/// <param name="Name">For example <c>train_012</c>.</param>
/// <param name="Index">Its number, also its place in the training order.</param>
/// <param name="Path">The file; with a place on the Hub, where it is looked for first.</param>
/// <param name="Hub">Where on the Hub it is; null where it is only on disk.</param>
public sealed record Chunk(string Name, int Index, string Path, HubLocation? Hub = null)
{
    /// <summary>
    /// Whether it has to be taken from the Hub or its cache: there is a place on the Hub, and no
    /// file at <see cref="Path"/>.
    /// </summary>
    public bool IsOnHub => Hub is not null && !File.Exists(Path);

    /// <summary>The file or its place on the Hub, for messages.</summary>
    internal string Place => IsOnHub ? Hub!.ToString() : Path;

    /// <inheritdoc/>
    public override string ToString() => Name;
}
