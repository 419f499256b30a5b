// benchmark hub: downloads from an imitation of the Hub on the loopback, against huggingface_hub.
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Llm360.Notebooks.Tests;

namespace Llm360.Notebooks.Benchmarks.Hub;

internal static class HubCommand
{
    private const string Repository = "org/large";
    private const int Shards = 2;
    private const int ShardBytes = 512 << 20;

    public static Command Create()
    {
        var peers = new Option<DirectoryInfo?>("--peers")
        {
            Description = "Folder of a Python environment (bin/python) with huggingface_hub.",
        };
        var turns = new Option<int>("--turns") { Description = "Downloads of each contender.", DefaultValueFactory = _ => 5 };
        var command = new Command(
            "hub",
            "Seconds to download two shards of 512 MiB over the loopback into an empty cache; "
                + "the kit's include comparing the hashes.")
        { peers, turns };
        command.SetAction((parsed, cancellation) => RunAsync(parsed.GetValue(peers), parsed.GetValue(turns), cancellation));
        return command;
    }

    /// <summary>The kit's side: downloads into an empty cache for each line on standard
    /// input.</summary>
    public static Command CreateWorker()
    {
        var command = new Command("hub-worker") { Hidden = true };
        command.SetAction(async (_, cancellation) =>
        {
            while (Console.In.ReadLine() is not null)
            {
                var cache = Directory.CreateTempSubdirectory("llm360-benchmark-").FullName;
                var clock = Stopwatch.StartNew();
                using (var client = new HubClient(HubSettings.FromEnvironment() with { CacheFolder = cache }))
                {
                    var revision = await client.ResolveAsync(new HubLocation(Repository), cancellation).ConfigureAwait(false);
                    var files = await revision.ListAsync(cancellation).ConfigureAwait(false);
                    await revision.DownloadAsync(files, cancellation: cancellation).ConfigureAwait(false);
                }

                var seconds = clock.Elapsed.TotalSeconds;
                Directory.Delete(cache, recursive: true);
                using var self = Process.GetCurrentProcess();
                Console.WriteLine(new JsonObject { ["seconds"] = seconds, ["peak_mb"] = self.PeakWorkingSet64 / 1e6 }.ToJsonString());
            }
        });
        return command;
    }

    private static async Task<int> RunAsync(DirectoryInfo? peers, int turns, CancellationToken cancellation)
    {
        var hub = await ImitationHub.StartAsync(cancellation).ConfigureAwait(false);
        await using var serving = hub.ConfigureAwait(false);
        for (var i = 0; i < Shards; i++)
        {
            var bytes = new byte[ShardBytes];
            new Random(i).NextBytes(bytes);
            hub.Add(Repository, HubLocation.Main, $"model-{i}.safetensors", HubContent.Large(bytes));
        }

        // Xet's own protocol is not imitated: both sides download the files by HTTP.
        var environment = new Dictionary<string, string>
        {
            ["HF_ENDPOINT"] = hub.Endpoint.ToString().TrimEnd('/'),
            ["HF_HUB_OFFLINE"] = "",
            ["HF_HUB_DISABLE_XET"] = "1",
            ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1",
        };
        var contenders = new List<Contender> { Contender.Self("kit", ["hub-worker"], environment) };
        if (peers is not null)
        {
            var python = Path.Combine(peers.FullName, "bin", "python");
            var script = Path.Combine(AppContext.BaseDirectory, "Hub", "hub_peer.py");
            contenders.Add(Contender.Start("huggingface_hub", python, [script, Repository], environment));
        }

        var answers = contenders.ToDictionary(c => c.Name, _ => new List<JsonObject>());
        foreach (var _ in Enumerable.Range(0, turns))
        {
            foreach (var contender in contenders)
                answers[contender.Name].Add(contender.Turn(0));
        }

        contenders.ForEach(c => c.Dispose());
        var result = new JsonObject
        {
            ["date"] = DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
            ["processor"] = TorchReport.ProcessorName(),
            ["bytes"] = (long)Shards * ShardBytes,
            ["contenders"] = new JsonArray([.. answers.Select(a => new JsonObject
            {
                ["name"] = (string?)a.Value[0]["version"] ?? a.Key,
                ["median_seconds"] = a.Value.Select(v => (double)v["seconds"]!).Order().ElementAt(turns / 2),
                ["best_seconds"] = a.Value.Min(v => (double)v["seconds"]!),
                ["peak_mb"] = a.Value.Max(v => (double)v["peak_mb"]!),
            })]),
        };
        Console.WriteLine(BenchmarkResults.Write("hub", result));
        return 0;
    }
}
