// Reads the rows of a chunk, from this kit's suites and from Amber.
using System.Text.Json;

namespace Llm360.Notebooks;

/// <summary>
/// Reads JSON Lines of token sequences: <c>{token_ids, source}</c>, with or without this kit's
/// additional keys, <c>{source, prompt, continuation}</c>, or <c>[ids]</c>.
/// </summary>
public static class ChunkReader
{
    /// <summary>
    /// The rows of a file, in order. Rows are read while they are enumerated, so the first rows of
    /// a 20 GB file cost no more than those rows.
    /// </summary>
    /// <param name="path">A chunk.</param>
    /// <param name="limit">Maximum number of rows; all if null.</param>
    /// <param name="cancellation">Stops between rows.</param>
    /// <exception cref="Llm360Exception">
    /// The file is missing, or a line is not a row; the error has the line's number.
    /// </exception>
    public static IEnumerable<TokenRow> Read(string path, int? limit = null, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(limit ?? 0);
        // Checked here and not at the first row, so that a wrong name is reported at the call.
        if (!File.Exists(path))
        {
            throw new Llm360Exception(
                "There is no such file of token sequences.", path,
                "Name a file of rows, one a line, such as a suite's train_NNN.jsonl; llm360 train makes those of an embedded suite.");
        }

        return Rows(path, Open, limit ?? int.MaxValue, Stop(cancellation));

        FileStream Open(CancellationToken stop) => new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
    }

    /// <summary>
    /// The rows of a chunk, in order. Rows are read while they are enumerated. A chunk on the Hub
    /// is fetched in pieces of 1 to 8 MB, only as far as it is read. The cache keeps the pieces.
    /// </summary>
    /// <param name="chunk">The chunk.</param>
    /// <param name="limit">Maximum number of rows; all if null.</param>
    /// <param name="cancellation">Stops between rows.</param>
    /// <exception cref="Llm360Exception">
    /// The chunk is missing or cannot be fetched, or a line is not a row; the error has the line's
    /// number.
    /// </exception>
    public static IEnumerable<TokenRow> Read(Chunk chunk, int? limit = null, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(limit ?? 0);
        return !chunk.IsOnHub ? Read(chunk.Path, limit, cancellation) : FromHub(chunk.Hub!, limit ?? int.MaxValue, Stop(cancellation));
    }

    /// <summary>Checks that chunks on the Hub exist, without fetching them.</summary>
    /// <exception cref="Llm360Exception">One is not, or the Hub cannot be reached.</exception>
    internal static async Task RequireAsync(IReadOnlyList<Chunk> chunks, CancellationToken cancellation)
    {
        using var hub = new HubClient(); // Makes no request if all chunks are on disk.
        foreach (var of in chunks.Where(c => c.IsOnHub).Select(c => c.Hub!).GroupBy(h => h with { Path = "" }))
        {
            var revision = await hub.ResolveAsync(of.Key, cancellation).ConfigureAwait(false);
            foreach (var file in of)
                await revision.EntryAsync(file.Path, cancellation).ConfigureAwait(false);
        }
    }

    private static IEnumerable<TokenRow> FromHub(HubLocation file, int limit, CancellationToken cancellation)
    {
        using var hub = new HubClient();
        foreach (var row in Rows(file.ToString(), stop => OpenAsync(stop).GetAwaiter().GetResult(), limit, cancellation))
            yield return row;

        async Task<Stream> OpenAsync(CancellationToken stop)
        {
            var revision = await hub.ResolveAsync(file, stop).ConfigureAwait(false);
            // The whole file will be read, so its size is reported before its first piece is
            // fetched.
            if (limit == int.MaxValue)
                revision.Require([await revision.EntryAsync(file.Path, stop).ConfigureAwait(false)]);
            return await revision.OpenAsync(file.Path, stop).ConfigureAwait(false);
        }
    }

    private static CancellationToken Stop(CancellationToken given) => given.CanBeCanceled ? given : AmbientWork.Cancellation;

    private static IEnumerable<TokenRow> Rows(string path, Func<CancellationToken, Stream> open, int limit, CancellationToken cancellation)
    {
        var stream = open(cancellation);
        using var lines = new LineReader(stream);
        for (var count = 0; count < limit && Next(out var line); count++)
        {
            cancellation.ThrowIfCancellationRequested();
            yield return Parse(line);
        }

        bool Next(out ReadOnlyMemory<byte> line)
        {
            try
            {
                return lines.TryRead(out line);
            }
            catch (Exception e) when (e is IOException or InvalidDataException)
            {
                throw Bad(e);
            }
        }

        TokenRow Parse(ReadOnlyMemory<byte> line)
        {
            try
            {
                return RowFormat.Read(line.Span);
            }
            catch (JsonException e)
            {
                throw Bad(e);
            }
        }

        Llm360Exception Bad(Exception e)
        {
            var reason = e.Message.Split(" | LineNumber:")[0];
            var place = stream is HubStream cached ? $"{path}, in the cache {cached.Source}" : path;
            return new Llm360Exception(
                $"The line is not a row: {reason}", $"{place}, line {lines.Number}",
                "A row is [ids], {\"token_ids\":[ids]} or {\"prompt\":[ids],\"continuation\":[ids]}; "
                    + "a chunk that is broken must be built or, deleted from where it is, fetched again.",
                e);
        }
    }
}
