// Lists of records as Parquet files and as data frames.
using System.Reflection;
using System.Text.Json.Serialization;
using Microsoft.Data.Analysis;
using Parquet;
using Parquet.Serialization;

namespace Llm360.Notebooks;

/// <summary>
/// Writes and reads lists of records as Parquet files. The <see cref="JsonPropertyNameAttribute"/>
/// of a property names its column.
/// </summary>
public static class ParquetRows
{
    private const string CellRemedy =
        "Put back a copy of the file. A cell of a results store may be deleted: its analysis computes it again.";

    /// <summary>Writes a file, complete or not at all.</summary>
    /// <exception cref="Llm360Exception">The file cannot be written.</exception>
    public static async Task WriteAsync<T>(string path, IReadOnlyCollection<T> rows)
        where T : class, new()
    {
        var bytes = await SerializeAsync(rows).ConfigureAwait(false);
        await AtomicFile.WriteAsync(path, stream => stream.WriteAsync(bytes).AsTask()).ConfigureAwait(false);
    }

    /// <summary>The bytes of a file.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="metadata">Key-value pairs for the file's footer.</param>
    internal static async Task<ReadOnlyMemory<byte>> SerializeAsync<T>(
        IReadOnlyCollection<T> rows, IReadOnlyDictionary<string, string>? metadata = null)
        where T : class, new()
    {
        // The writer must be able to seek, and a result file is small: build it in memory.
        using var buffer = new MemoryStream();
        var options = new ParquetOptions { CompressionMethod = CompressionMethod.Zstd };
        await ParquetSerializer.SerializeAsync(rows, buffer, options, metadata, CancellationToken.None).ConfigureAwait(false);
        return buffer.GetBuffer().AsMemory(0, (int)buffer.Length);
    }

    /// <summary>The key-value pairs of a file's footer; null if there is no such file.</summary>
    /// <exception cref="Llm360Exception">The file is not a Parquet file.</exception>
    internal static async Task<IReadOnlyDictionary<string, string>?> ReadMetadataAsync(string path)
    {
        try
        {
            await using var reader = await ParquetReader.CreateAsync(path).ConfigureAwait(false);
            return reader.CustomMetadata;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e)
        {
            throw Unreadable(path, CellRemedy, e);
        }
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="Llm360Exception">
    /// The file is missing or is not a Parquet file with these columns.
    /// </exception>
    public static Task<IReadOnlyList<T>> ReadAsync<T>(string path, CancellationToken cancellation = default)
        where T : class, new() =>
        ReadAsync<T>(path, CellRemedy, cancellation);

    /// <summary>
    /// Reads a file; <paramref name="remedy"/> says what to do if it cannot be read.
    /// </summary>
    /// <exception cref="Llm360Exception">
    /// The file is missing or is not a Parquet file with these columns.
    /// </exception>
    internal static async Task<IReadOnlyList<T>> ReadAsync<T>(string path, string remedy, CancellationToken cancellation)
        where T : class, new()
    {
        try
        {
            var result = await ParquetSerializer.DeserializeAsync<T>(path, cancellationToken: cancellation).ConfigureAwait(false);
            return [.. result.Data];
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw Unreadable(path, remedy, e);
        }
    }

    private static Llm360Exception Unreadable(string path, string remedy, Exception e) =>
        new($"The table cannot be read: {e.Message}", path, remedy, e);

    /// <summary>
    /// The records as a data frame, with a column for each property that is a number, text or truth
    /// value.
    /// </summary>
    public static DataFrame ToDataFrame<T>(IReadOnlyList<T> rows)
    {
        var columns = typeof(T).GetProperties()
            .Select(p => Column(p, p.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name ?? p.Name, rows))
            .OfType<DataFrameColumn>();
        return new DataFrame(columns);
    }

    private static DataFrameColumn? Column<T>(PropertyInfo property, string name, IReadOnlyList<T> rows)
    {
        IEnumerable<TValue?> Values<TValue>()
            where TValue : struct => rows.Select(r => (TValue?)property.GetValue(r));
        return (Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType) switch
        {
            var type when type == typeof(double) => new DoubleDataFrameColumn(name, Values<double>()),
            var type when type == typeof(int) => new Int32DataFrameColumn(name, Values<int>()),
            var type when type == typeof(long) => new Int64DataFrameColumn(name, Values<long>()),
            var type when type == typeof(bool) => new BooleanDataFrameColumn(name, Values<bool>()),
            var type when type == typeof(string) => new StringDataFrameColumn(name, rows.Select(r => (string?)property.GetValue(r))),
            _ => null,
        };
    }
}
