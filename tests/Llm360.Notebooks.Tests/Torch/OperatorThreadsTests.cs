// A thread's limit on LibTorch's threads does not affect other threads.
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using TorchSharp;

namespace Llm360.Notebooks.Tests;

public sealed class OperatorThreadsTests
{
    [Fact]
    public void A_limit_reaches_its_own_thread_alone_and_ends()
    {
        Assert.True(OperatorThreads.CanLimit);
        var process = LibTorch.Threads;
        Assert.Equal(process, torch.get_num_threads());
        using ManualResetEventSlim ask = new(), asked = new();
        // One thread reads the number before and during the limit; another reads it first during
        // the limit.
        var (old, during) = (new List<int>(), 0);
        var early = new Thread(() =>
        {
            old.Add(torch.get_num_threads());
            asked.Set();
            ask.Wait();
            old.Add(torch.get_num_threads());
        });
        early.Start();
        asked.Wait();
        var (limited, mkl, after, mklAfter) = (0, 0, 0, 0);
        OnNewThread(() =>
        {
            using (OperatorThreads.LimitToOne())
            {
                (limited, mkl) = (torch.get_num_threads(), MklThreads());
                OnNewThread(() => during = torch.get_num_threads());
                ask.Set();
                early.Join();
            }

            (after, mklAfter) = (torch.get_num_threads(), MklThreads());
        });
        Assert.Equal((1, 1), (limited, mkl));
        Assert.Equal((process, process), (after, mklAfter));
        Assert.Equal(process, during);
        Assert.Equal([process, process], old);
        OnNewThread(() => after = torch.get_num_threads());
        Assert.Equal((process, process, process), (after, torch.get_num_threads(), LibTorch.Threads));
    }

    [Fact]
    public async Task Cells_are_computed_with_operators_of_one_thread_and_leave_no_number_behind()
    {
        var process = LibTorch.Threads;
        var seen = new System.Collections.Concurrent.ConcurrentBag<(int Cell, int New)>();
        // LibTorch permanently keeps the number that a thread reads first. Here this happens while
        // cells are computed.
        using ManualResetEventSlim inside = new(), asked = new(), finished = new();
        var kept = 0;
        var other = new Thread(() =>
        {
            inside.Wait();
            _ = torch.get_num_threads();
            asked.Set();
            finished.Wait();
            kept = torch.get_num_threads();
        });
        other.Start();
        await ItemWorkers.RunAsync([1, 2, 3, 4], 2, _ =>
        {
            var own = torch.get_num_threads();
            var fresh = 0;
            OnNewThread(() => fresh = torch.get_num_threads());
            inside.Set();
            asked.Wait();
            seen.Add((own, fresh));
        });
        finished.Set();
        other.Join();
        Assert.Equal(4, seen.Count);
        Assert.All(seen, s => Assert.Equal((1, process), s));
        Assert.Equal(process, kept);
        var after = 0;
        OnNewThread(() => after = torch.get_num_threads());
        Assert.Equal(process, after);
    }

    [Fact]
    public void Only_the_start_of_the_process_sets_the_number()
    {
        var root = Workspace.Repository!;
        string[] files = [.. new[] { "src", "notebooks" }
            .SelectMany(f => Directory.EnumerateFiles(Path.Combine(root, f), "*", SearchOption.AllDirectories))
            .Where(f => f.EndsWith(".cs", StringComparison.Ordinal) || f.EndsWith(".ipynb", StringComparison.Ordinal))
            .Where(f => !f.Split(Path.DirectorySeparatorChar).Any(p => p is "obj" or "bin"))];
        Assert.Equal(["LibTorch.cs"], With(@"\bset_num_(interop_)?threads\s*\("));
        Assert.Equal(["Shared.cs"], With(@"\bLibTorch\.Threads\s*=[^=>]"));
        Assert.Equal(["OperatorThreads.cs"], With("omp_set_num_threads|(?i)mkl_set_num_threads"));

        IEnumerable<string> With(string pattern) =>
            files.Where(f => Regex.IsMatch(File.ReadAllText(f), pattern)).Select(f => Path.GetFileName(f)).Order();
    }

    private static void OnNewThread(Action action)
    {
        var thread = new Thread(() => action());
        thread.Start();
        thread.Join();
    }

    // LibTorch's own number if it has no MKL.
    private static unsafe int MklThreads() => NativeLibrary.TryGetExport(LibTorch.CpuLibrary, "MKL_Get_Max_Threads", out var function)
        ? ((delegate* unmanaged[Cdecl]<int>)function)()
        : torch.get_num_threads();
}
