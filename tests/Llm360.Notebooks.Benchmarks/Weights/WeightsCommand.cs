// benchmark weights: opening and reading checkpoints, and the memory that takes.
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using TorchSharp;

namespace Llm360.Notebooks.Benchmarks.Weights;

internal static class WeightsCommand
{
    public static Command Create()
    {
        var command = new Command(
            "weights",
            "Open and touch a checkpoint of 1 GiB, safetensors and torch.save's zip, against a plain read; "
                + "peak memory of converting it.");
        command.SetAction(_ => Run());
        return command;
    }

    /// <summary>The process whose memory is measured: does one thing and prints its peak.</summary>
    public static Command CreateWorker()
    {
        var (what, path) = (new Argument<string>("what"), new Argument<string>("path"));
        var command = new Command("weights-worker") { what, path };
        command.Hidden = true;
        command.SetAction(parsed =>
        {
            var before = Anonymous();
            var peak = 0L;
            using var stop = new CancellationTokenSource();
            var watch = Task.Run(async () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    peak = Math.Max(peak, Anonymous());
                    await Task.Delay(2).ConfigureAwait(false);
                }
            });
            var clock = Stopwatch.StartNew();
            Work(parsed.GetValue(what)!, parsed.GetValue(path)!);
            var seconds = clock.Elapsed.TotalSeconds;
            peak = Math.Max(peak, Anonymous());
            stop.Cancel();
            watch.GetAwaiter().GetResult();
            Console.WriteLine(new JsonObject { ["seconds"] = seconds, ["anonymous_mb"] = (peak - before) / 1e6 }.ToJsonString());
        });
        return command;
    }

    private static void Work(string what, string path)
    {
        if (what == "touch")
        {
            OpenAndTouch.SumOfTensors(path);
            return;
        }

        var source = StateDict.Open(path);
        using var bound = BoundWeights.Load(source, [.. source.Entries.Keys], type: torch.bfloat16);
        if (what == "rebind")
            bound.Rebind(StateDict.Open(path));
    }

    // Memory that is not backed by a file.
    private static long Anonymous()
    {
        var line = File.ReadLines("/proc/self/status").First(l => l.StartsWith("RssAnon:", StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    private static int Run()
    {
        OpenAndTouch.Folder = Directory.CreateTempSubdirectory("llm360-benchmark-").FullName;
        try
        {
            SyntheticCheckpoint.WriteSafetensors(OpenAndTouch.Safetensors);
            using (var source = StateDict.Open(OpenAndTouch.Safetensors))
                SyntheticCheckpoint.WriteZip(OpenAndTouch.Bin, source);
            var job = Job.Default
                .WithToolchain(InProcessEmitToolchain.Instance)
                .WithLaunchCount(1)
                .WithWarmupCount(3)
                .WithIterationCount(15);
            var config = ManualConfig.CreateEmpty()
                .AddJob(job)
                .AddLogger(ConsoleLogger.Default)
                .AddColumnProvider(DefaultColumnProviders.Instance)
                .WithArtifactsPath(Path.Combine(OpenAndTouch.Folder, "bdn"));
            var summary = BenchmarkRunner.Run<OpenAndTouch>(config);
            var reports = summary.Reports.ToDictionary(r => r.BenchmarkCase.Descriptor.WorkloadMethodDisplayInfo, r => r.ResultStatistics!);
            var read = reports.First().Value.Median;
            var result = new JsonObject
            {
                ["date"] = DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
                ["processor"] = TorchReport.ProcessorName(),
                ["bytes"] = SyntheticCheckpoint.Tensors * SyntheticCheckpoint.Length,
                ["times"] = new JsonArray([.. reports.Select(r => new JsonObject
                {
                    ["what"] = r.Key.Trim('\''),
                    ["median_ms"] = Math.Round(r.Value.Median / 1e6, 3),
                    ["deviation_ms"] = Math.Round(r.Value.StandardDeviation / 1e6, 3),
                    ["over_read"] = Math.Round(r.Value.Median / read, 3),
                })]),
                ["memory"] = new JsonArray([
                    Measure("open and touch, safetensors", "touch", OpenAndTouch.Safetensors),
                    Measure("open and touch, torch.save's zip", "touch", OpenAndTouch.Bin),
                    Measure("convert float32 to bfloat16 (the result has 537 MB)", "convert", OpenAndTouch.Bin),
                    Measure("convert, then rebind to the next checkpoint", "rebind", OpenAndTouch.Bin),
                ]),
            };
            Console.WriteLine(BenchmarkResults.Write("weights", result));
            return 0;
        }
        finally
        {
            Directory.Delete(OpenAndTouch.Folder, recursive: true);
        }
    }

    private static JsonObject Measure(string name, string what, string path)
    {
        string[] arguments = [typeof(WeightsCommand).Assembly.Location, "weights-worker", what, path];
        var start = new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var answer = JsonNode.Parse(process.StandardOutput.ReadToEnd())!.AsObject();
        process.WaitForExit();
        answer["what"] = name;
        return answer;
    }
}
