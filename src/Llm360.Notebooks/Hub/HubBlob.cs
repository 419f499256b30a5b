// Fetches the content of one file, completely or its beginning, and resumes partial downloads.
using System.Net;
using System.Net.Http.Headers;

namespace Llm360.Notebooks;

/// <summary>Downloads the content of a file into the cache.</summary>
/// <remarks>
/// The bytes that have arrived are in a file named by the content's etag, so that another process
/// can resume the download. When the file is complete, its hash is compared and the file is
/// renamed. An <c>If-Range</c> header is therefore not needed; the servers to which the Hub
/// redirects would compare it with an etag of their own. If the cache has the content with a wrong
/// hash, the content is replaced when the correct one has arrived.
/// </remarks>
internal sealed class HubBlob(
    HubHttp http, HubCache cache, HubLocation file, string commit, HubEntry entry, Downloads.Meter meter)
{
    private const int BufferLength = 1 << 20;
    private readonly string address = $"{(file.IsDataset ? "datasets/" : "")}{file.Repository}/resolve/{commit}/"
        + string.Join('/', file.Path.Split('/').Select(Uri.EscapeDataString));

    /// <summary>
    /// Ensures that at least the first <paramref name="length"/> bytes of the content are on disk.
    /// When the content is complete, it gets its final name and appears among the commit's files.
    /// </summary>
    /// <param name="length">Number of bytes; the size for all.</param>
    /// <param name="arrived">
    /// Called with the number of bytes of each part, including the bytes that were already there.
    /// </param>
    /// <param name="cancellation">Stops; the bytes that have arrived are kept.</param>
    /// <returns>
    /// The file with these bytes: the commit's own file if the content is complete.
    /// </returns>
    /// <exception cref="Llm360Exception">
    /// The Hub cannot be reached or refuses, the content arrived damaged twice, or the cache cannot
    /// be written.
    /// </exception>
    public async Task<string> ExtendAsync(long length, Action<long>? arrived, CancellationToken cancellation)
    {
        using var alone = await cache.LockAsync(entry.Etag, Waiting, cancellation).ConfigureAwait(false);
        var partial = cache.Partial(entry.Etag);
        string? wrong = null;
        try
        {
            var stored = cache.Stored(commit, entry);
            if (stored is not null)
                wrong = await cache.WrongHashAsync(stored, entry.Etag, null, cancellation).ConfigureAwait(false);
            if (stored is null || wrong is not null)
            {
                if (!await FetchAsync(partial, Math.Min(length, entry.Size), arrived, cancellation).ConfigureAwait(false))
                    return partial;
            }
            else
            {
                arrived?.Invoke(entry.Size);
            }

            cache.Link(commit, entry);
            cache.Remember(file.Revision, commit);
            return cache.SnapshotFile(commit, file.Path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw HubCache.Unusable(partial, e);
        }
        catch (HubUnreachableException e) when (wrong is not null)
        {
            throw HubCache.Damaged(cache.Blob(entry.Etag), wrong, entry.Etag, e);
        }
    }

    private void Waiting() => AmbientWork.Progress?.Report(
        new WorkProgress($"another process fetches {file}", cache.Arrived(commit, entry) / 1e6, entry.Size / 1e6, "MB"));

    /// <summary>Appends to the partial file.</summary>
    /// <returns>Whether the file is complete and has its final name.</returns>
    private async Task<bool> FetchAsync(string partial, long length, Action<long>? arrived, CancellationToken cancellation)
    {
        for (var damaged = false; ; damaged = true)
        {
            using var stream = cache.OpenPartial(entry.Etag);
            if (stream.Length > entry.Size)
                stream.SetLength(0);
            arrived?.Invoke(stream.Length);
            await GrowAsync(stream, length, arrived, cancellation).ConfigureAwait(false);
            if (stream.Length < entry.Size)
                return false;
            stream.Flush(flushToDisk: true);
            var hash = !ContentHash.IsHash(entry.Etag) ? null
                : await ContentHash.OfAsync(stream, entry.Etag, null, cancellation).ConfigureAwait(false);
            if (hash is null || hash == entry.Etag)
            {
                cache.Finish(entry.Etag, isChecked: hash is not null);
                return true;
            }

            if (damaged)
            {
                File.Delete(partial);
                throw new Llm360Exception(
                    $"The file arrived damaged: its hash is {hash}, not {entry.Etag}.",
                    file.ToString(),
                    "Try again; if it stays so, something between the Hub and this machine changes files.");
            }

            arrived?.Invoke(-stream.Length);
            stream.SetLength(0);
        }
    }

    private async Task GrowAsync(FileStream stream, long length, Action<long>? arrived, CancellationToken cancellation)
    {
        var buffer = new byte[BufferLength];
        while (stream.Length < length)
        {
            try
            {
                await http.Reading.ExecuteAsync(
                    async stop =>
                    {
                        var before = stream.Length;
                        try
                        {
                            await AppendAsync(stop).ConfigureAwait(false);
                        }
                        catch (Exception e) when (e is IOException or HttpRequestException && stream.Length > before)
                        {
                            // Bytes have arrived, so the attempts are counted from zero again.
                        }
                    },
                    cancellation).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or HttpRequestException)
            {
                throw http.Unreachable(e, file);
            }
        }

        async Task AppendAsync(CancellationToken stop)
        {
            var from = stream.Length;
            using var response = await http.GetAsync(address, file, stop, new RangeHeaderValue(from, length - 1)).ConfigureAwait(false);
            CheckLength(response);
            // A server that does not support ranges sends the whole file.
            if (response.StatusCode == HttpStatusCode.OK)
            {
                arrived?.Invoke(-from);
                stream.SetLength(from = 0);
            }

            using var body = await http.ReadingAsync(response, stop).ConfigureAwait(false);
            stream.Position = from;
            while (stream.Length < length)
            {
                var most = (int)Math.Min(buffer.Length, length - stream.Length);
                var read = await body.ReadAsync(buffer.AsMemory(0, most)).ConfigureAwait(false);
                if (read == 0)
                    throw new HttpIOException(HttpRequestError.ResponseEnded, "the answer ended before the file did");
                meter.Add(read);
                Append(buffer.AsSpan(0, read));
                arrived?.Invoke(read);
            }

            // Reject any other content now: a file's beginning has no hash that would reveal it
            // later.
            void CheckLength(HttpResponseMessage answer)
            {
                var range = answer.Content.Headers.ContentRange;
                var said = answer.StatusCode == HttpStatusCode.PartialContent ? range?.Length
                    : answer.StatusCode == HttpStatusCode.OK ? answer.Content.Headers.ContentLength
                    : range?.Length ?? -1;
                const string remedy = "Check HF_ENDPOINT and what lies between the Hub and this machine; try again later.";
                if (said is { } bytes && bytes != entry.Size)
                {
                    throw new Llm360Exception(
                        $"The answer is not the file: the Hub says that it has {entry.Size} bytes"
                            + (bytes < 0 ? ", and refuses them." : $", and sends something of {bytes}."),
                        file.ToString(),
                        remedy);
                }

                if (answer.StatusCode == HttpStatusCode.PartialContent && range?.From != from)
                {
                    throw new Llm360Exception(
                        $"The answer begins at byte {range?.From} of the file, not at {from}.", file.ToString(), remedy);
                }
            }
        }

        void Append(ReadOnlySpan<byte> bytes)
        {
            try
            {
                stream.Write(bytes);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw HubCache.Unusable(stream.Name, e);
            }
        }
    }
}
