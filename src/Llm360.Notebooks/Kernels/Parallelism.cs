// Splitting of rows among threads.
using System.Runtime.ExceptionServices;
using TorchSharp;

namespace Llm360.Notebooks;

internal static class Parallelism
{
    /// <summary>With fewer elements, threads cost more than they gain.</summary>
    private const long WorthSharing = 1 << 15;

    /// <summary>
    /// Runs an action on every row, on as many threads as LibTorch's operators use on this thread.
    /// </summary>
    /// <param name="rows">Number of rows.</param>
    /// <param name="width">Elements per row.</param>
    /// <param name="work">Takes the index of a row.</param>
    public static void ForRows(long rows, long width, Action<long> work) => ForRanges(rows, width, (first, end) =>
    {
        for (var row = first; row < end; row++)
            work(row);
    });

    /// <summary>
    /// Runs an action on one range of rows per thread, so that each thread uses contiguous memory.
    /// </summary>
    /// <param name="rows">Number of rows.</param>
    /// <param name="width">Elements per row.</param>
    /// <param name="work">Takes the first row and the end of a range.</param>
    public static void ForRanges(long rows, long width, Action<long, long> work)
    {
        var threads = torch.get_num_threads();
        if (threads == 1 || rows == 1 || rows * width < WorthSharing)
            work(0, rows);
        else
            new Ranges(rows, (int)Math.Min(rows, threads), work).Run();
    }

    /// <summary>
    /// Threads, including the caller's, take the next free range; a late thread takes fewer.
    /// Decoding runs dozens of these per token, of about ten microseconds each. Parallel.For needs
    /// as long to start.
    /// </summary>
    private sealed class Ranges(long rows, int count, Action<long, long> work) : IThreadPoolWorkItem
    {
        private int taken, done;
        private ExceptionDispatchInfo? error;

        public void Run()
        {
            for (var i = 1; i < count; i++)
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            Execute();
            var wait = default(SpinWait);
            while (Volatile.Read(ref done) < count)
                wait.SpinOnce(sleep1Threshold: -1);
            error?.Throw();
        }

        public void Execute()
        {
            while (Interlocked.Increment(ref taken) is var range && range <= count)
            {
                try
                {
                    work(rows * (range - 1) / count, rows * range / count);
                }
                catch (Exception e)
                {
                    error = ExceptionDispatchInfo.Capture(e);
                }
                finally
                {
                    Interlocked.Increment(ref done);
                }
            }
        }
    }
}
