// The body of a response, with a timeout for each read.
namespace Llm360.Notebooks;

/// <summary>Reads a body. If no bytes arrive within the timeout, that is a network error.</summary>
internal sealed class StallTimeoutStream(Stream body, TimeSpan timeout, CancellationToken cancellation) : IDisposable
{
    private readonly CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);

    /// <summary>Reads the next bytes; 0 at the end.</summary>
    /// <exception cref="HttpIOException">
    /// No bytes arrived within the timeout, or the connection broke.
    /// </exception>
    public async Task<int> ReadAsync(Memory<byte> buffer)
    {
        patience.CancelAfter(timeout);
        try
        {
            return await body.ReadAsync(buffer, patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new HttpIOException(HttpRequestError.ResponseEnded, $"nothing came for {timeout.TotalSeconds:0.###} s");
        }
    }

    public void Dispose()
    {
        patience.Dispose();
        body.Dispose();
    }
}
