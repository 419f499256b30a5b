// Ends a kernel when the server that started it has ended.
using System.Diagnostics;

namespace Llm360.Notebooks.Cli.Commands;

internal static class ParentProcess
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Cancels when the process has ended.</summary>
    public static async Task WhenGoneAsync(int id, CancellationTokenSource gone)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            while (!process.HasExited)
                await Task.Delay(Interval, gone.Token).ConfigureAwait(false);
            await gone.CancelAsync().ConfigureAwait(false);
        }
        catch (ArgumentException)
        {
            await gone.CancelAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The kernel ended first.
        }
    }
}
