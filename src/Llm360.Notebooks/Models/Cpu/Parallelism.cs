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
            Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, i => work(rows * i / threads, rows * (i + 1) / threads));
    }
}
