// The body of an answer, waited for with an end.
namespace Llm360.Notebooks;

/// <summary>Reads a body; where nothing comes for a while, that is an error of the network.</summary>
internal sealed class StallTimeoutStream(Stream body, TimeSpan timeout, CancellationToken cancellation) : IDisposable
{
    private readonly CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);

    /// <summary>The next bytes; 0 at the end.</summary>
    /// <exception cref="HttpIOException">Nothing came for too long, or the connection broke.</exception>
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
