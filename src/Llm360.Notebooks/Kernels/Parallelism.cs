// Sharing rows out among threads.
using System.Runtime.ExceptionServices;
using TorchSharp;

namespace Llm360.Notebooks;

internal static class Parallelism
{
    /// <summary>Elements below which sharing out costs more than it gains.</summary>
    private const long WorthSharing = 1 << 15;

    /// <summary>Does something for every row, with as many threads as LibTorch's operators use on this one.</summary>
    /// <param name="rows">Number of rows.</param>
    /// <param name="width">Elements a row.</param>
    /// <param name="work">Takes a row's number.</param>
    public static void ForRows(long rows, long width, Action<long> work) => ForRanges(rows, width, (first, end) =>
    {
        for (var row = first; row < end; row++)
            work(row);
    });

    /// <summary>Does something for one range of rows a thread: what a thread reads and writes lies together.</summary>
    /// <param name="rows">Number of rows.</param>
    /// <param name="width">Elements a row.</param>
    /// <param name="work">Takes the first row and the end of a range.</param>
    public static void ForRanges(long rows, long width, Action<long, long> work)
    {
        var threads = torch.get_num_threads();
        if (threads == 1 || rows == 1 || rows * width < WorthSharing)
            work(0, rows);
        else
            new Ranges(rows, (int)Math.Min(rows, threads), work).Run();
    }

    /// <summary>Ranges that threads take as they come, the caller's too: whoever is late finds less to do. In decoding there are dozens for every token, of some ten microseconds each, which is what Parallel.For needs to begin.</summary>
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
