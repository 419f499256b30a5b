// A grid on a real Slurm: however a task ends, no cell is lost and no stored cell is recomputed.
using System.Diagnostics;
using System.Globalization;

namespace Llm360.Notebooks.EndToEnd.Slurm;

[Collection(typeof(AloneTests))]
public sealed class SlurmTests(Cluster cluster, GridSuite suite) : IClassFixture<Cluster>, IClassFixture<GridSuite>
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private static int lastSeed = 100;

    private readonly int seed = Interlocked.Increment(ref lastSeed);
    private Dictionary<string, DateTime> kept = [];

    [Fact]
    public async Task Arrays_finish_and_a_laptop_takes_part()
    {
        cluster.Require();
        // Ten tasks; an array has eight at most.
        var submitted = await Llm360Async([.. GridSuite.Command(seed), "--slurm", "--cell-seconds", "1", "--task-minutes", "1"]);
        Assert.Contains("10 tasks", submitted, StringComparison.Ordinal);
        Assert.Contains("arrays ", submitted, StringComparison.Ordinal);
        await WaitAsync(() => Keep() > 20);
        var laptop = await Llm360Async(GridSuite.Command(seed));
        Assert.Equal(GridSuite.Cells, Keep());
        var here = Number(laptop, " computed");
        Assert.InRange(here, 1, GridSuite.Cells - 20);
        await QueueIsEmptyAsync();
        Assert.Equal(GridSuite.Cells, Keep());
        var logs = Directory.GetFiles(Path.Combine(suite.Folder(seed)!, "slurm", "logs"));
        Assert.Equal(10, logs.Length);
        Assert.Equal(GridSuite.Cells, here + logs.Sum(l => Number(File.ReadAllText(l), " computed")));
        var status = await Llm360Async("grid", "status", "-s", GridSuite.Name);
        Assert.Contains("10 of 10 have all their cells", status, StringComparison.Ordinal);
        await AssertCompleteAsync(missing: 0);
    }

    [Fact]
    public async Task A_worker_that_is_killed_loses_the_cells_in_flight_alone()
    {
        var job = await SubmitAsync();
        using (var worker = Process.GetProcessById(Owner()))
            worker.Kill();
        await QueueIsEmptyAsync();
        var status = await Llm360Async("grid", "status", "-s", GridSuite.Name);
        Assert.Contains($"{job}_", status, StringComparison.Ordinal);
        Assert.Contains("ended", status, StringComparison.Ordinal);
        Assert.Contains("Killed", status, StringComparison.Ordinal);
        await AssertCompleteAsync();
    }

    [Fact]
    public async Task A_task_that_is_cancelled_leaves_its_cells_to_the_next_run()
    {
        var job = await SubmitAsync();
        await cluster.RunAsync("scancel", $"{job}_0");
        await QueueIsEmptyAsync();
        await AssertCompleteAsync();
    }

    [Fact]
    public async Task A_task_that_is_requeued_goes_on_with_its_cells()
    {
        var job = await SubmitAsync();
        await cluster.RunAsync("scontrol", "requeue", $"{job}_0");
        await StartsTwiceAsync(job);
        await AssertCompleteAsync(missing: 0);
    }

    [Fact]
    public async Task A_task_near_its_time_limit_is_queued_again_by_its_script()
    {
        var job = await SubmitAsync();
        await cluster.RunAsync("scancel", "--signal=USR1", "--batch", $"{job}_0");
        await StartsTwiceAsync(job);
        Assert.Contains($"task {job}_0 is queued again", Log(job), StringComparison.Ordinal);
        await AssertCompleteAsync(missing: 0);
    }

    [Fact]
    public async Task A_node_that_is_drained_or_loses_its_daemon_finishes_later()
    {
        var job = await SubmitAsync("--parallel", "1");
        var node = await cluster.RunAsync("sinfo", "--noheader", "--format=%n");
        await cluster.RunAsync("scontrol", "update", $"nodename={node}", "state=drain", "reason=test");
        Keep();
        await cluster.RunAsync("scontrol", "update", $"nodename={node}", "state=resume");
        await cluster.NodeAsync("stop");
        // The job's process goes on without the daemon.
        var before = Keep();
        await WaitAsync(() => Keep() > before || Owner() == 0);
        await cluster.NodeAsync("start");
        await QueueIsEmptyAsync();
        Assert.NotEmpty(Log(job));
        await AssertCompleteAsync();
    }

    // Two tasks, of which the first has stored cells and is under way.
    private async Task<string> SubmitAsync(params string[] options)
    {
        cluster.Require();
        var submitted = await Llm360Async(
            [.. GridSuite.Command(seed), "--slurm", "--cell-seconds", "1", "--task-minutes", "5", "--max-tasks", "2", .. options]);
        Assert.Contains("2 tasks", submitted, StringComparison.Ordinal);
        var job = submitted.Split("Submitted: array ")[1].Split(',')[0];
        await WaitAsync(() => Keep() > 10 && Owner() != 0);
        return job;
    }

    private string Log(string job) => File.ReadAllText(Path.Combine(suite.Folder(seed)!, "slurm", "logs", $"{job}_0.log"));

    // The process that holds a lease for the first task; 0 for none.
    private int Owner()
    {
        var owners = from path in Directory.EnumerateFiles(suite.Folder(seed)!, "*.lease", SearchOption.AllDirectories)
                     let lease = LeaseFile.Read(path)
                     where lease?.Owner.Task?.EndsWith("_0", StringComparison.Ordinal) == true && !lease.Owner.HasEnded
                     select lease.Owner.Process;
        return owners.FirstOrDefault();
    }

    // What was stored before is neither lost nor written again.
    private int Keep()
    {
        var now = suite.Written(seed);
        foreach (var (cell, time) in kept)
            Assert.Equal(time, now.GetValueOrDefault(cell));
        kept = now;
        return now.Count;
    }

    private async Task AssertCompleteAsync(int? missing = null)
    {
        var before = Keep();
        if (missing is { } few)
            Assert.Equal(few, GridSuite.Cells - before);
        Assert.Contains($"{GridSuite.Cells - before} computed, {before} from the store", await Llm360Async(GridSuite.Command(seed)),
            StringComparison.Ordinal);
        Assert.Equal(GridSuite.Cells, Keep());
        Assert.Empty(Directory.EnumerateFiles(suite.Folder(seed)!, "*.lease", SearchOption.AllDirectories));
        Assert.Empty(Directory.EnumerateFiles(suite.Folder(seed)!, "*.tmp", SearchOption.AllDirectories));
    }

    private async Task<string> Llm360Async(params string[] arguments)
    {
        foreach (var (name, value) in cluster.Variables)
            suite.Llm360.Variables[name] = value;
        var result = await suite.Llm360.RunAsync(arguments);
        Assert.True(result.ExitCode == 0, result.Error);
        return result.Output + result.Error;
    }

    // Between two starts a task may be missing from the queue.
    private Task StartsTwiceAsync(string job) =>
        WaitAsync(async () => await IsQueueEmptyAsync() && Log(job).Contains("start 2", StringComparison.Ordinal));

    private Task QueueIsEmptyAsync() => WaitAsync(IsQueueEmptyAsync);

    // A requeued task waits for two minutes (reason BeginTime). Root may start it now.
    private async Task<bool> IsQueueEmptyAsync()
    {
        var queue = await cluster.RunAsync("squeue", "--noheader", "--array", "--format=%F_%K %r");
        string[] waiting = [.. queue.Split('\n').Where(l => l.EndsWith("BeginTime", StringComparison.Ordinal))];
        // slurmd refuses a job that starts in the second in which its former start was ended.
        await Task.Delay(waiting.Length == 0 ? 0 : 2500, TestContext.Current.CancellationToken);
        foreach (var line in waiting)
            await cluster.TryAsync("scontrol", "update", $"jobid={line.Split(' ')[0]}", "starttime=now");
        await Task.Delay(queue.Length == 0 ? 0 : 200, TestContext.Current.CancellationToken);
        return queue.Length == 0;
    }

    private static Task WaitAsync(Func<bool> isTrue) => WaitAsync(() => Task.FromResult(isTrue()));

    private static async Task WaitAsync(Func<Task<bool>> isTrue)
    {
        var start = Stopwatch.GetTimestamp();
        while (!await isTrue())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < Patience, "nothing happened for minutes");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    // The number before the last of these words.
    private static int Number(string text, string before)
    {
        var end = text.LastIndexOf(before, StringComparison.Ordinal);
        var start = end;
        while (start > 0 && (char.IsAsciiDigit(text[start - 1]) || text[start - 1] == ','))
            start--;
        return int.Parse(text[start..end], NumberStyles.AllowThousands, CultureInfo.InvariantCulture);
    }
}
