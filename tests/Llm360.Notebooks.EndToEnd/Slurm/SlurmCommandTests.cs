// llm360 grid --slurm with commands of Slurm that a test wrote: cost, splitting, script, status,
// errors.
using System.Diagnostics;
using Llm360.Notebooks.Cli.Slurm;

namespace Llm360.Notebooks.EndToEnd.Slurm;

public sealed class SlurmCommandTests : IClassFixture<SlurmCommandTests.TrainedPico>, IDisposable
{
    private const int Cells = 20;
    private static readonly string[] Command =
        ["grid", "memorization", "--suite", "pico", "-k", "16", "-l", "16", "-n", "8", "--device", "cpu", "--threads", "1"];

    private readonly Llm360Command llm360 = new();
    private readonly FakeSlurm slurm = new();

    public SlurmCommandTests(TrainedPico pico)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs a shell");
        SuiteCopy(pico.Folder, llm360.PathOf("suites", "pico"));
        llm360.Variables["PATH"] = slurm.Folder;
    }

    public void Dispose()
    {
        llm360.Dispose();
        slurm.Dispose();
    }

    [Fact]
    public async Task A_dry_run_shows_cost_and_script_and_submits_nothing()
    {
        var result = await RunAsync("--slurm", "--dry-run", "--cell-seconds", "60", "--partition", "long", "--account", "me", "--cpus", "2",
            "--memory", "4G", "--parallel", "3", "--sbatch=--qos=night");
        Assert.True(result.ExitCode == 0, result.Error);
        foreach (var part in new[]
        {
            "20 to compute, 0 in the store", "about 5,120", "60 s, as given", "about 0.33 hours", "1 of about 20 minutes",
            "no checkpoint", "#SBATCH --array=0-0%3", "#SBATCH --partition=long", "#SBATCH --account=me", "#SBATCH --cpus-per-task=2",
            "#SBATCH --mem=4G", "#SBATCH --qos=night", "#SBATCH --requeue", "#SBATCH --signal=B:USR1@60", "#SBATCH --open-mode=append",
            "#SBATCH --time=60", "0-19", "--checkpoints=0-4 --chunks=0-3", "scontrol requeue",
        })
        {
            Assert.Contains(part, result.Output, StringComparison.Ordinal);
        }

        Assert.Empty(slurm.Scripts);
        Assert.Empty(Directory.EnumerateFiles(llm360.PathOf("results"), "*.sh", SearchOption.AllDirectories));
        // The limits of the cluster are not needed for this.
        llm360.Variables["PATH"] = "/nowhere";
        var early = await RunAsync("--slurm", "--dry-run", "--cell-seconds", "60", "--time", "5");
        Assert.Equal(0, early.ExitCode);
        Assert.Contains("queued again until", early.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tasks_are_split_by_the_limits_of_the_cluster_and_cells_in_the_queue_are_left_out()
    {
        slurm.Config("MaxArraySize            = 4", "MaxJobCount             = 7");
        slurm.Queue("9_0|RUNNING|None");
        var result = await RunAsync("--slurm", "--cell-seconds", "60", "--task-minutes", "1");
        Assert.True(result.ExitCode == 0, result.Error);
        // Twenty are wanted, and six more fit into the queue.
        Assert.Contains("arrays 101, 102, 6 tasks", result.Output, StringComparison.Ordinal);
        var lines = slurm.Scripts.SelectMany(s => s.Split('\n')).ToList();
        Assert.Equal(["#SBATCH --array=0-3", "#SBATCH --array=0-1"], lines.Where(l => l.Contains(" --array", StringComparison.Ordinal)));
        Assert.Equal(
            ["0-2", "3-5", "6-9", "10-12", "13-15", "16-19"], lines.Where(l => l.Length is > 2 and < 8 && char.IsAsciiDigit(l[0])));
        slurm.Queue(
            "101_0|RUNNING|None", "101_1|PENDING|Resources", "101_2|PENDING|Resources", "101_3|PENDING|Resources",
            "102_1|PENDING|Priority");
        var again = await RunAsync("--slurm", "--cell-seconds", "60");
        Assert.True(again.ExitCode == 0, again.Error);
        Assert.Contains("3 to compute, 0 in the store, 17 in arrays that wait or run", again.Output, StringComparison.Ordinal);
        Assert.Contains("13-15", slurm.Scripts[^1], StringComparison.Ordinal);
        var status = await llm360.RunAsync("grid", "status", "-s", "pico");
        Assert.Contains("PENDING (Priority)", status.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sbatch: error: invalid partition specified: gpu\nsbatch: error: Batch job submission failed: Invalid partition name",
        "Invalid partition name", "short, long")]
    [InlineData("sbatch: error: Batch job submission failed: Job violates accounting/QOS policy", "violates accounting", "--dry-run")]
    public async Task A_refused_array_is_one_error_and_leaves_nothing(string error, string what, string remedy)
    {
        slurm.Refuse(error);
        var result = await RunAsync("--slurm", "--cell-seconds", "60", "--partition", "gpu");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(what, result.Error, StringComparison.Ordinal);
        Assert.Contains(remedy, result.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(llm360.PathOf("results"), "*.sh", SearchOption.AllDirectories));
        // One array was accepted before.
        slurm.Config("MaxArraySize = 4");
        slurm.Refuse(error, from: 2);
        result = await RunAsync("--slurm", "--cell-seconds", "60", "--task-minutes", "1");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("array 101 stay", result.Error, StringComparison.Ordinal);
        Assert.Single(slurm.Scripts);
    }

    [Theory]
    [InlineData("sbatch is not on PATH", true, "--slurm", "--cell-seconds", "1")]
    [InlineData("only with --slurm", false, "--partition", "long")]
    [InlineData("a number above 0", false, "--slurm", "--task-minutes", "0")]
    [InlineData("no option of sbatch", false, "--slurm", "--sbatch=qos")]
    [InlineData("is no range of cells", false, "--cells", "7")]
    [InlineData("at most 3", false, "--slurm", "--cell-seconds", "1", "full")]
    public async Task Bad_choices_are_one_error(string says, bool withoutSlurm, params string[] options)
    {
        if (withoutSlurm)
            llm360.Variables["PATH"] = "/nowhere";
        if (options[^1] == "full")
        {
            slurm.Config("MaxJobCount = 3");
            slurm.Queue("9_0|RUNNING|None", "9_1|RUNNING|None", "9_2|PENDING|Resources");
        }

        var result = await RunAsync([.. options.Where(o => o != "full")]);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(says, result.Error, StringComparison.Ordinal);
        Assert.Contains("what to do", result.Error, StringComparison.Ordinal);
        Assert.Empty(slurm.Scripts);
    }

    [Fact]
    public async Task The_script_computes_the_cells_of_its_task_and_is_queued_again_near_the_time_limit()
    {
        // The time of a cell is measured here.
        var submitted = await RunAsync("--slurm", "--max-tasks", "2");
        Assert.True(submitted.ExitCode == 0, submitted.Error);
        Assert.Contains("measured here on cpu", submitted.Output, StringComparison.Ordinal);
        Assert.Equal(1, Stored());
        await RunAsync("--slurm", "--cell-seconds", "600", "--max-tasks", "2");
        var script = slurm.Scripts[^1];
        Assert.Equal(0, (await TaskAsync(script, 1)).ExitCode);
        Assert.Equal(11, Stored());
        Assert.Equal(0, (await TaskAsync(script, 0)).ExitCode);
        Assert.Equal(Cells, Stored());
        Assert.Contains("Nothing to submit", (await RunAsync("--slurm")).Output, StringComparison.Ordinal);

        // A worker that never ends.
        var start = script.IndexOf("trap queue_again USR1", StringComparison.Ordinal);
        var endless = $"{script[..start]}trap queue_again USR1\nkill -USR1 $$ &\nsleep 600 &\nworker=$!\nwait \"$worker\"\n";
        Assert.Equal(0, (await TaskAsync(endless, 0)).ExitCode);
        Assert.Equal("requeue 77_0", (await File.ReadAllTextAsync(Path.Combine(slurm.Folder, "scontrol.log"),
            TestContext.Current.CancellationToken)).Trim());
        File.Delete(Path.Combine(slurm.Folder, "scontrol"));
        var without = await TaskAsync(endless, 0);
        Assert.Equal(1, without.ExitCode);
        Assert.Contains("this machine has no scontrol", without.Output, StringComparison.Ordinal);
        Assert.Contains("Submit the grid once more", without.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Failures_are_shown_with_their_task_and_only_they_are_submitted_again()
    {
        var chunk = llm360.PathOf("suites", "pico", "train", "train_001.jsonl");
        var good = await File.ReadAllTextAsync(chunk, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(chunk, "{\"token_ids\": [1, 2]}\n", TestContext.Current.CancellationToken);
        await RunAsync("--slurm", "--cell-seconds", "600", "--max-tasks", "2");
        var script = slurm.Scripts[^1];
        foreach (var task in new[] { 0, 1 })
            Assert.Equal(1, (await TaskAsync(script, task, log: true)).ExitCode);
        Assert.Equal(15, Stored());
        var status = await llm360.RunAsync("grid", "status", "-s", "pico");
        Assert.Equal(0, status.ExitCode);
        foreach (var part in new[]
        {
            "15 done, 0 running, 5 failed", "A sequence has 2 tokens", "101_1", "ended", "Failed: ckpt_004 on chunk=1",
        })
        {
            Assert.Contains(part, status.Output, StringComparison.Ordinal);
        }

        await File.WriteAllTextAsync(chunk, good, TestContext.Current.CancellationToken);
        var retry = await llm360.RunAsync("grid", "status", "-s", "pico", "--retry", "failed");
        Assert.True(retry.ExitCode == 0, retry.Error);
        Assert.Contains("--retry=failed", slurm.Scripts[^1], StringComparison.Ordinal);
        Assert.Contains("5 to compute", retry.Output, StringComparison.Ordinal);
        foreach (var task in new[] { 0, 1 })
            Assert.Equal(0, (await TaskAsync(slurm.Scripts[^1], task)).ExitCode);
        Assert.Equal(Cells, Stored());
        status = await llm360.RunAsync("grid", "status", "-s", "pico");
        Assert.Contains("20 done, 0 running, 0 failed", status.Output, StringComparison.Ordinal);
        retry = await llm360.RunAsync("grid", "status", "-s", "pico", "--retry", "failed");
        Assert.Contains("No cell has failed", retry.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_suite_without_a_grid_is_one_error()
    {
        var result = await llm360.RunAsync("grid", "status", "-s", "pico");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("holds no grid", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(100, 60.0, 20, 1000, 5)]
    [InlineData(100, 60.0, 20, 3, 3)]
    [InlineData(3, 7200.0, 20, 1000, 3)]
    [InlineData(129600, 0.001, 20, 1000, 1)]
    public void Cells_are_packed_so_that_a_task_runs_as_long_as_wanted(int cells, double seconds, int minutes, int most, int tasks)
    {
        List<long> missing = [.. Enumerable.Range(0, cells).Select(n => 3L * n)];
        var packed = SlurmPacking.Tasks(missing, seconds, minutes, most);
        Assert.Equal(tasks, packed.Count);
        var counts = packed.Select(t => missing.Count(n => n >= t.First && n <= t.Last)).ToList();
        Assert.Equal(cells, counts.Sum());
        Assert.InRange(counts.Max() - counts.Min(), 0, 1);
    }

    private static void SuiteCopy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }

        // Analyses refuse files that differ from this list.
        File.Delete(Path.Combine(to, SuiteLayout.Files));
    }

    private Task<CommandResult> RunAsync(params string[] options) => llm360.RunAsync([.. Command, .. options]);

    private int Stored() => Directory.EnumerateFiles(llm360.PathOf("results"), "*.parquet", SearchOption.AllDirectories).Count();

    // Runs a script as slurmd does.
    private async Task<CommandResult> TaskAsync(string script, int task, bool log = false)
    {
        var path = llm360.PathOf($"{Guid.NewGuid():N}.sh");
        await File.WriteAllTextAsync(path, script, TestContext.Current.CancellationToken);
        var start = new ProcessStartInfo("/bin/bash", [path])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = AppContext.BaseDirectory,
        };
        start.Environment["PATH"] = slurm.Folder;
        var job = log ? "101" : "77";
        (start.Environment["SLURM_ARRAY_JOB_ID"], start.Environment["SLURM_ARRAY_TASK_ID"]) = (job, $"{task}");
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken),
            process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        var result = new CommandResult(process.ExitCode, await output, await error);
        if (log)
        {
            var folder = script.Split('\n').Single(l => l.Contains("--output=", StringComparison.Ordinal)).Split('=')[1];
            var file = folder.Replace("%A_%a", $"{job}_{task}", StringComparison.Ordinal);
            await File.WriteAllTextAsync(file, result.Output + result.Error, TestContext.Current.CancellationToken);
        }

        return result;
    }

    /// <summary>Pico, trained once for the class.</summary>
    public sealed class TrainedPico : IAsyncLifetime
    {
        private readonly string folder = Directory.CreateTempSubdirectory("llm360-pico-").FullName;

        public string Folder => Path.Combine(folder, "pico");

        public async ValueTask InitializeAsync() =>
            await new SuiteTrainer(Suites.Recipe("pico"), Folder).TrainAsync(new(Cancellation: CancellationToken.None));

        public ValueTask DisposeAsync()
        {
            Directory.Delete(folder, recursive: true);
            return ValueTask.CompletedTask;
        }
    }
}
