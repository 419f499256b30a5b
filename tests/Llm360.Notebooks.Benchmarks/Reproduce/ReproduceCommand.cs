// benchmark reproduce: wall time and peak memory of the main job, from nothing.
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.Benchmarks.Reproduce;

internal static class ReproduceCommand
{
    public static Command Create()
    {
        var suite = new Option<string>("--suite") { Description = "The suite.", DefaultValueFactory = _ => "nano" };
        var command = new Command(
            "reproduce",
            "Wall time and peak memory of llm360 reproduce in an empty folder, packages restored and the command built.")
        { suite };
        command.SetAction((parsed, _) => RunAsync(parsed.GetValue(suite)!));
        return command;
    }

    private static async Task<int> RunAsync(string suite)
    {
        var repository = Workspace.Repository ?? throw new Llm360Exception(
            "There is no checkout.", Environment.CurrentDirectory, "Run inside a checkout of Llm360.Notebooks.");
        var home = Directory.CreateTempSubdirectory("llm360-benchmark-").FullName;
        try
        {
            var llm360 = Path.Combine(repository, "src", "Llm360.Notebooks.Cli", "bin", "Release", "net10.0", "llm360.dll");
            var start = new ProcessStartInfo("dotnet", [llm360, "reproduce", "--suite", suite, "--quiet"])
            {
                WorkingDirectory = repository,
                Environment = { [Workspace.HomeVariable] = home },
            };
            var watch = Stopwatch.StartNew();
            using var process = Process.Start(start)!;
            var peak = 0L;
            while (!process.WaitForExit(100))
            {
                process.Refresh();
                peak = Math.Max(peak, process.PeakWorkingSet64);
            }

            var seconds = watch.Elapsed.TotalSeconds;
            if (process.ExitCode != 0)
                return process.ExitCode;
            var steps = await Suite.OpenFolder(Path.Combine(home, "suites", suite)).MetricsAsync().ConfigureAwait(false);
            var batch = steps[1].Tokens - steps[0].Tokens;
            var result = new JsonObject
            {
                ["date"] = DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
                ["processor"] = TorchReport.ProcessorName(),
                ["cores"] = Environment.ProcessorCount,
                ["suite"] = suite,
                ["seconds"] = Math.Round(seconds, 1),
                ["peak_memory_mb"] = Math.Round(peak / 1e6),
                ["training_steps_seconds"] = Math.Round(steps.Sum(s => batch / s.TokensPerSecond), 1),
                ["notebooks"] = new JsonObject(Directory.GetFiles(Path.Combine(home, "notebooks", suite), "*.ipynb")
                    .Order(StringComparer.Ordinal)
                    .Select(f => KeyValuePair.Create(Path.GetFileNameWithoutExtension(f), (JsonNode?)Seconds(f)))),
            };
            Console.WriteLine(BenchmarkResults.Write("reproduce", result));
            return 0;
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }

    private static double Seconds(string notebook) =>
        (double)JsonNode.Parse(File.ReadAllText(notebook))!["metadata"]!["llm360"]!["seconds"]!;
}
