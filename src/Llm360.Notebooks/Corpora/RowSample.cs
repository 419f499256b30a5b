// Chooses rows of a chunk: a sample with a share for every source, or the first rows.

namespace Llm360.Notebooks;

/// <summary>The method of choosing n rows of a chunk.</summary>
[System.Text.Json.Serialization.JsonConverter(typeof(System.Text.Json.Serialization.JsonStringEnumConverter<RowSampling>))]
public enum RowSampling
{
    /// <summary>A random sample with a seed; each source has its share of the chunk.</summary>
    Stratified,

    /// <summary>
    /// The first n rows. Chunks are often sorted by source, so the first rows may have only one
    /// source.
    /// </summary>
    First,
}

/// <summary>Samples of a chunk's ordinary rows; rows with canaries are excluded.</summary>
public static class RowSample
{
    /// <summary>
    /// A sample of a chunk, stratified by source. For a chunk of a suite on the Hub, the first
    /// rows.
    /// </summary>
    /// <remarks>
    /// The sources of a chunk are known only after all of it has been read. A chunk on the Hub has
    /// 20 GB, so it is not read completely.
    /// </remarks>
    /// <param name="chunk">The chunk.</param>
    /// <param name="count">Rows to choose; all rows if the chunk has fewer.</param>
    /// <param name="seed">Another seed chooses other rows.</param>
    /// <param name="cancellation">Stops between rows.</param>
    /// <returns>The rows in the chunk's order.</returns>
    /// <exception cref="Llm360Exception">
    /// The chunk is missing or cannot be fetched, or a line is not a row.
    /// </exception>
    public static IReadOnlyList<TokenRow> Of(Chunk chunk, int count, int seed = 0, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(chunk);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (chunk.Hub is not null)
            return First(chunk, count, cancellation);
        var rows = ChunkReader.Read(chunk, cancellation: cancellation).Index().Where(r => IsOrdinary(r.Item)).ToList();
        return [.. Stratified(rows, count, seed, chunk.Index).Select(r => r.Row)];
    }

    // The limit avoids fetching more than these rows. It is doubled if there are canaries among
    // them.
    private static List<TokenRow> First(Chunk chunk, int count, CancellationToken cancellation)
    {
        for (var limit = count; ; limit *= 2)
        {
            var rows = ChunkReader.Read(chunk, limit, cancellation).ToList();
            var ordinary = rows.Where(IsOrdinary).Take(count).ToList();
            if (ordinary.Count == count || rows.Count < limit)
                return ordinary;
        }
    }

    private static bool IsOrdinary(TokenRow row) => row.Canary is null;

    /// <summary>
    /// Chooses rows so that each source keeps its share of them (largest remainders).
    /// </summary>
    /// <remarks>
    /// The sample depends only on the arguments. Within a source, a smaller sample is the beginning
    /// of a larger one.
    /// </remarks>
    /// <param name="rows">Rows with their line in the chunk.</param>
    /// <param name="count">Rows to choose; all rows if there are fewer.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="chunk">
    /// Number of the chunk; chunks have independent samples for the same seed.
    /// </param>
    /// <returns>In the order of <paramref name="rows"/>.</returns>
    internal static IReadOnlyList<(int Index, TokenRow Row)> Stratified(
        IReadOnlyList<(int Index, TokenRow Row)> rows, int count, int seed, int chunk)
    {
        if (count >= rows.Count)
            return rows;
        var groups = rows.GroupBy(r => r.Row.Source).OrderBy(g => g.Key, StringComparer.Ordinal);
        var sources = groups.Select(g => (Name: g.Key, Rows: g.ToList())).ToList();
        var parts = Apportionment.Split(count, [.. sources.Select(s => (double)s.Rows.Count)]);
        var chosen = sources.Zip(parts, (source, part) =>
            SplitMix64.For(seed, $"sample/{chunk}/{source.Name}").Permutation(source.Rows.Count).Take(part).Select(i => source.Rows[i]));
        return [.. chosen.SelectMany(rows => rows).OrderBy(r => r.Index)];
    }
}
