// A chunk of training data as an item of a grid.
using System.Globalization;

namespace Llm360.Notebooks;

/// <summary>A chunk of training data. Its cells are named <c>chunk=7</c>.</summary>
/// <param name="Chunk">The chunk.</param>
public sealed record ChunkItem(Chunk Chunk) : GridItem("chunk", Chunk.Index.ToString(CultureInfo.InvariantCulture))
{
    /// <summary>Hash of the file, or its etag on the Hub; null if it cannot be found now.</summary>
    public override string? Identity => new Fingerprints().Of(Chunk);

    /// <summary>The file or its location on the Hub.</summary>
    public override string Place => Chunk.Place;

    /// <inheritdoc/>
    internal override string IdentityPart => CellIdentity.RowsPart;

    /// <inheritdoc/>
    public override Task RequireAsync(CancellationToken cancellation) => ChunkReader.RequireAsync([Chunk], cancellation);

    /// <inheritdoc/>
    internal override MissingPart? MissingOnDisk() =>
        Chunk.IsOnHub || File.Exists(Chunk.Path) ? null : new MissingPart(Chunk.Name, Chunk.Path, "no file");

    /// <inheritdoc/>
    internal override string? IdentityFrom(Fingerprints known) => known.Of(Chunk);

    /// <inheritdoc/>
    public override string ToString() => Chunk.Name;
}

/// <summary>Chunks as items.</summary>
public static class ChunkItems
{
    /// <summary>The chunks as items of a grid, in the same order.</summary>
    public static IReadOnlyList<ChunkItem> AsItems(this IEnumerable<Chunk> chunks) => [.. chunks.Select(c => new ChunkItem(c))];
}
