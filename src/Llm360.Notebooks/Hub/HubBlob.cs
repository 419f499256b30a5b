// Getting the content of one file, whole or its beginning, and going on with what was there.
using System.Net;
using System.Net.Http.Headers;

namespace Llm360.Notebooks;

/// <summary>The content of a file on its way into the cache.</summary>
/// <remarks>
/// What has arrived lies in a file named by the content's etag, so that another process goes on with it. When it is whole its hash is compared and it gets its name; so an <c>If-Range</c>, which
/// the servers that the Hub sends one to would compare with an etag of their own, is not needed. A
/// content that is there with another hash is replaced when the right one has arrived.
/// </remarks>
internal sealed class HubBlob(
    HubHttp http, HubCache cache, HubLocation file, string commit, HubEntry entry, Downloads.Meter meter)
{
    private const int BufferLength = 1 << 20;
    private readonly string address = $"{(file.IsDataset ? "datasets/" : "")}{file.Repository}/resolve/{commit}/{string.Join('/', file.Path.Split('/').Select(Uri.EscapeDataString))}";

    /// <summary>Makes at least so many bytes of the content be there. When it is whole it gets its name and appears among the commit's files.</summary>
    /// <param name="length">How many; the size for all.</param>
    /// <param name="arrived">Called with the number of bytes of each part, those that were there included.</param>
    /// <param name="cancellation">Stops; what has arrived is kept.</param>
    /// <returns>The file that has them: the commit's own when it is whole.</returns>
    /// <exception cref="Llm360Exception">The Hub cannot be reached or refuses, the content arrived damaged twice, or the cache cannot be written.</exception>
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

    /// <summary>Lengthens the partial file.</summary>
    /// <returns>Whether it became whole, and has its name.</returns>
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
                throw new Llm360Exception($"The file arrived damaged: its hash is {hash}, not {entry.Etag}.", file.ToString(), "Try again; if it stays so, something between the Hub and this machine changes files.");
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
                            // It went forward: the attempts are counted anew.
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
            // A server that does not know ranges sends all from the beginning.
            if (response.StatusCode == HttpStatusCode.OK)
            {
                arrived?.Invoke(-from);
                stream.SetLength(from = 0);
            }

            using var body = await http.ReadingAsync(response, stop).ConfigureAwait(false);
            stream.Position = from;
            while (stream.Length < length)
            {
                var read = await body.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, length - stream.Length))).ConfigureAwait(false);
                if (read == 0)
                    throw new HttpIOException(HttpRequestError.ResponseEnded, "the answer ended before the file did");
                meter.Add(read);
                Append(buffer.AsSpan(0, read));
                arrived?.Invoke(read);
            }

            // What is not the file must not come into it: of a file's beginning nothing tells later that it is wrong.
            void CheckLength(HttpResponseMessage answer)
            {
                var range = answer.Content.Headers.ContentRange;
                var said = answer.StatusCode == HttpStatusCode.PartialContent ? range?.Length : answer.StatusCode == HttpStatusCode.OK ? answer.Content.Headers.ContentLength : range?.Length ?? -1;
                if (said is { } bytes && bytes != entry.Size)
                    throw new Llm360Exception($"The answer is not the file: the Hub says that it has {entry.Size} bytes{(bytes < 0 ? ", and refuses them" : $", and sends something of {bytes}")}.", file.ToString(), "Check HF_ENDPOINT and what lies between the Hub and this machine; try again later.");
                if (answer.StatusCode == HttpStatusCode.PartialContent && range?.From != from)
                    throw new Llm360Exception($"The answer begins at byte {range?.From} of the file, not at {from}.", file.ToString(), "Check HF_ENDPOINT and what lies between the Hub and this machine; try again later.");
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
