// The items of a grid, besides checkpoints: chunks, evaluation tasks, query sets, segments.

namespace Llm360.Notebooks;

/// <summary>One item of a grid. A cell is one checkpoint on one item.</summary>
/// <remarks>
/// <see cref="ChunkItem"/> is a chunk of training data. <see cref="Of"/> makes an item of another
/// kind. A derived class overrides <see cref="RequireAsync"/> to check that its data exist.
/// </remarks>
public abstract record GridItem
{
    /// <summary>Makes an item.</summary>
    /// <param name="axis">Kind of the item, for example <c>task</c>.</param>
    /// <param name="key">Name of the item within its kind, for example <c>arc_easy</c>.</param>
    /// <exception cref="Llm360Exception">A name is not a plain file name.</exception>
    protected GridItem(string axis, string key)
    {
        foreach (var name in new[] { axis, key })
        {
            if (!ManifestJson.IsSafeName(name))
            {
                throw new Llm360Exception($"\"{name}\" cannot name an item of a grid.", $"item {axis}={key}",
                    "Use letters, digits, '-', '_' and '.'.");
            }
        }

        (Axis, Key) = (axis, key);
    }

    /// <summary>Kind of the item, for example <c>chunk</c>.</summary>
    public string Axis { get; }

    /// <summary>Name of the item within its kind, for example <c>7</c>.</summary>
    public string Key { get; }

    /// <summary>
    /// Name of the cell's file without its extension, for example <c>chunk=7</c>.
    /// </summary>
    public string Partition => $"{Axis}={Key}";

    /// <summary>
    /// Hash, version or text of everything that determines the item's numbers. A cell whose item
    /// has another identity is stale. Null if it is unknown now.
    /// </summary>
    public abstract string? Identity { get; }

    /// <summary>The location of the item's data, for messages.</summary>
    public virtual string Place => Partition;

    /// <summary>Name of the identity among the parts of a cell's identity.</summary>
    internal virtual string IdentityPart => CellIdentity.ItemPart;

    /// <summary>An item without data of its own on disk.</summary>
    /// <param name="axis">Kind of the item, for example <c>task</c>.</param>
    /// <param name="key">Name of the item within its kind, for example <c>arc_easy</c>.</param>
    /// <param name="identity">Hash, version or text of everything that determines its
    /// numbers.</param>
    /// <exception cref="Llm360Exception">A name is not a plain file name.</exception>
    public static GridItem Of(string axis, string key, string identity) => new NamedItem(axis, key, identity);

    /// <summary>
    /// Checks that the item's data exist. It is called before any computation, for items that have
    /// a cell to compute. The base class reports nothing missing.
    /// </summary>
    /// <param name="cancellation">Stops waiting.</param>
    /// <exception cref="Llm360Exception">The data are missing.</exception>
    public virtual Task RequireAsync(CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>The part that is missing on this disk; null if none is.</summary>
    internal virtual MissingPart? MissingOnDisk() => null;

    /// <summary>The current identity, from cached fingerprints if possible.</summary>
    internal virtual string? IdentityFrom(Fingerprints known) => Identity;

    /// <inheritdoc/>
    public override string ToString() => Partition;

    private sealed record NamedItem(string Kind, string Name, string Text) : GridItem(Kind, Name)
    {
        public override string? Identity => Text;

        public override string ToString() => Partition;
    }
}
