// Cells as rows of a Parquet file.

namespace Llm360.Notebooks;

/// <summary>Cells of records, one Parquet file each. DuckDB and pandas read them.</summary>
/// <typeparam name="T">
/// A row. The <c>JsonPropertyName</c> of a property names its column.
/// </typeparam>
/// <param name="pack">
/// Makes a compact list of the rows that were read; null keeps them as objects.
/// </param>
public sealed class ParquetCells<T>(Func<IReadOnlyList<T>, IReadOnlyList<T>>? pack = null) : CellCodec<IReadOnlyList<T>>
    where T : class, new()
{
    /// <inheritdoc/>
    public override string Extension => ".parquet";

    /// <inheritdoc/>
    public override void Write(Stream stream, IReadOnlyList<T> content, IReadOnlyDictionary<string, string> metadata)
    {
        ArgumentNullException.ThrowIfNull(stream);
        // A packed list creates its rows at each enumeration, and the writer enumerates it for each
        // column.
        stream.Write(ParquetRows.SerializeAsync<T>([.. content], metadata).GetAwaiter().GetResult().Span);
    }

    /// <inheritdoc/>
    public override async Task<IReadOnlyList<T>> ReadAsync(string path, CancellationToken cancellation)
    {
        var rows = await ParquetRows.ReadAsync<T>(path, cancellation).ConfigureAwait(false);
        return pack is null ? rows : pack(rows);
    }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string>? ReadMetadata(string path) =>
        ParquetRows.ReadMetadataAsync(path).GetAwaiter().GetResult();
}
