// Getting the content of one file, whole or its beginning, and going on with what was there.
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Llm360.Notebooks.Suites;

namespace Llm360.Notebooks.Hub;

/// <summary>The content of a file on its way into the cache.</summary>
/// <remarks>
/// What has arrived lies in a file named by the content's etag, so that another process goes on with it. When it is whole its hash is compared and it gets its name; so an <c>If-Range</c>, which
/// the servers that the Hub sends one to would compare with an etag of their own, is not needed.
/// </remarks>
internal sealed class HubBlob(HubHttp http, HubCache cache, HubLocation file, string address, HubEntry entry, TimeSpan timeout)
{
    private const int BufferLength = 1 << 20;

    /// <summary>Makes the content whole and gives it its name.</summary>
    /// <param name="arrived">Called with the number of bytes of each part.</param>
    /// <param name="cancellation">Stops; what has arrived is kept.</param>
    public Task CompleteAsync(Action<long>? arrived, CancellationToken cancellation) => ExtendAsync(entry.Size, arrived, cancellation);

    /// <summary>Makes at least so many bytes of the content be there.</summary>
    /// <returns>The file that has them: the content's own when it is whole.</returns>
    /// <exception cref="Llm360Exception">The Hub cannot be reached or refuses, or the content arrived damaged twice.</exception>
    public async Task<string> ExtendAsync(long length, Action<long>? arrived, CancellationToken cancellation)
    {
        using var alone = await FileLock.TakeAsync(cache.Lock(entry.Etag), cancellation).ConfigureAwait(false);
        var (blob, partial) = (cache.Blob(entry.Etag), cache.Partial(entry.Etag));
        for (var damaged = false; ; damaged = true)
        {
            if (File.Exists(blob))
                return blob;
            Directory.CreateDirectory(Path.GetDirectoryName(blob)!);
            using (var stream = new FileStream(partial, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0))
            {
                if (stream.Length > entry.Size)
                    stream.SetLength(0);
                arrived?.Invoke(stream.Length);
                await GrowAsync(stream, Math.Min(length, entry.Size), arrived, cancellation).ConfigureAwait(false);
                if (stream.Length < entry.Size)
                    return partial;
                stream.Flush(flushToDisk: true);
                var hash = await HashAsync(stream, cancellation).ConfigureAwait(false);
                if (hash is null || hash == entry.Etag)
                {
                    File.Move(partial, blob);
                    return blob;
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
            // A server that does not know ranges sends all from the beginning; one that has less than was said refuses.
            if (response.StatusCode != HttpStatusCode.PartialContent || response.Content.Headers.ContentRange?.From != from)
            {
                if (response.StatusCode != HttpStatusCode.OK)
                    throw new Llm360Exception($"The file is not as long as the Hub says, {entry.Size} bytes.", file.ToString(), "Try again later.");
                arrived?.Invoke(-from);
                stream.SetLength(from = 0);
            }

            using var body = await response.Content.ReadAsStreamAsync(stop).ConfigureAwait(false);
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
            stream.Position = from;
            while (stream.Length < length)
            {
                patience.CancelAfter(timeout);
                int read;
                try
                {
                    read = await body.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, length - stream.Length)), patience.Token).ConfigureAwait(false);
                }
                catch (OperationCanceledException) when (!stop.IsCancellationRequested)
                {
                    throw new HttpIOException(HttpRequestError.ResponseEnded, $"nothing came for {timeout.TotalSeconds:0} s");
                }

                if (read == 0)
                    throw new HttpIOException(HttpRequestError.ResponseEnded, "the answer ended before the file did");
                Append(buffer.AsSpan(0, read));
                arrived?.Invoke(read);
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
                throw new Llm360Exception($"The file could not be written: {e.Message}", stream.Name, "Free disk space, or set HF_HUB_CACHE to a folder on another disk; what has arrived is kept.", e);
            }
        }
    }

    /// <summary>The hash of the kind that the etag is; null where it is of no known kind.</summary>
    private async Task<string?> HashAsync(FileStream stream, CancellationToken cancellation)
    {
        var algorithm = entry.Etag.Length switch { 64 => HashAlgorithmName.SHA256, 40 => HashAlgorithmName.SHA1, _ => (HashAlgorithmName?)null };
        if (algorithm is null)
            return null;
        using var hash = IncrementalHash.CreateHash(algorithm.Value);
        if (algorithm == HashAlgorithmName.SHA1)
            hash.AppendData(Encoding.ASCII.GetBytes($"blob {entry.Size}\0")); // As git does.
        stream.Position = 0;
        var buffer = new byte[BufferLength];
        for (int read; (read = await stream.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0;)
            hash.AppendData(buffer, 0, read);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
