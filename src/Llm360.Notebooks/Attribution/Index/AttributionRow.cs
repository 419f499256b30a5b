// A training row of an index.
namespace Llm360.Notebooks;

/// <summary>A training row: chunk, row and a hash of its tokens identify it.</summary>
/// <param name="Chunk">Number of the chunk.</param>
/// <param name="Row">Line in the chunk, from 0.</param>
/// <param name="Source">Label of its source.</param>
/// <param name="TokenIds">Its tokens.</param>
/// <param name="Canary">Name of the canary that it begins with; null for ordinary text.</param>
/// <param name="CanaryRepetitions">
/// Number of rows of the chunk that begin with it; null for ordinary text.
/// </param>
public sealed record AttributionRow(int Chunk, int Row, string Source, int[] TokenIds, string? Canary = null, int? CanaryRepetitions = null)
{
    /// <summary>A hash of the tokens, 16 hexadecimal digits.</summary>
    public string Hash => RowHash.Of(TokenIds);

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"chunk {Chunk}, row {Row}");
}

/// <summary>Chooses the rows of chunks.</summary>
internal static class AttributionRows
{
    /// <summary>The chosen rows of a chunk, in its order.</summary>
    /// <exception cref="Llm360Exception">
    /// The chunk cannot be read, has no rows, or is on the Hub and no number of rows was chosen.
    /// </exception>
    public static IReadOnlyList<AttributionRow> Of(Suite suite, Chunk chunk, AttributionSettings settings, CancellationToken cancellation)
    {
        if (chunk.IsOnHub && settings.SequencesPerChunk is null)
        {
            throw new Llm360Exception($"All rows of {chunk.Place} would be fetched and indexed.", "setting sequences per chunk",
                "Choose how many rows of each chunk on the Hub are taken: SequencesPerChunk, on the command line -n.");
        }

        var limit = chunk.IsOnHub || suite.Repository is not null ? settings.SequencesPerChunk : null;
        var rows = ChunkReader.Read(chunk, limit, cancellation).Index().ToList();
        if (rows.Count == 0)
            throw new Llm360Exception("The chunk has no rows.", chunk.Place, "Build or fetch it again.");
        List<(int Index, TokenRow Row)> chosen = rows;
        if (limit is null && settings.SequencesPerChunk is { } count)
        {
            var ordinary = rows.Where(r => r.Item.Canary is null).Select(r => (r.Index, r.Item)).ToList();
            chosen = [.. RowSample.Stratified(ordinary, count, settings.Seed, chunk.Index), .. rows.Where(r => r.Item.Canary is not null)];
            chosen.Sort((a, b) => a.Index.CompareTo(b.Index));
        }

        return [.. chosen.Select(r => new AttributionRow(
            chunk.Index, r.Index, r.Row.Source, r.Row.TokenIds, r.Row.Canary?.Id, r.Row.Canary?.Repetitions))];
    }

    /// <summary>The rows with their names in errors, for methods.</summary>
    public static RowBatch ToBatch(this IReadOnlyList<AttributionRow> rows, Func<AttributionRow, string> placeOf) =>
        new([.. rows.Select(r => r.TokenIds)], i => placeOf(rows[i]));
}
