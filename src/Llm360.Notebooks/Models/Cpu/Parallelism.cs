// Sharing rows out among threads.
using TorchSharp;

namespace Llm360.Notebooks.Models.Cpu;

internal static class Parallelism
{
    /// <summary>Elements below which sharing out costs more than it gains.</summary>
    private const long WorthSharing = 1 << 15;

    /// <summary>Does something for every row, with as many threads as LibTorch's operators use on this one.</summary>
    /// <param name="rows">Number of rows.</param>
    /// <param name="width">Elements a row.</param>
    /// <param name="work">Takes a row's number.</param>
    public static void ForRows(long rows, long width, Action<long> work)
    {
        var threads = torch.get_num_threads();
        if (threads == 1 || rows == 1 || rows * width < WorthSharing)
        {
            for (var row = 0L; row < rows; row++)
                work(row);
            return;
        }

        // One piece a thread: what a thread writes lies together.
        Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, i =>
        {
            for (var row = rows * i / threads; row < rows * (i + 1) / threads; row++)
                work(row);
        });
    }
}
