// One .NET contender of the evaluation benchmark, in a process of its own.
using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.Benchmarks.Evaluation;

/// <summary>Answers each line on its input with the seconds of one pass over all requests, and with
/// their log-likelihoods.</summary>
internal static class EvaluationWorker
{
    public const string Name = "evaluation-worker";

    private const string Shared = "shared prefixes";

    /// <summary>The contenders.</summary>
    public static IReadOnlyList<string> Works { get; } = [Shared, "each request whole"];

    public static Command Create()
    {
        var work = new Argument<string>("work");
        var folder = new Argument<string>("folder");
        var threads = new Argument<int>("threads");
        var command = new Command(Name, "One contender; started by the evaluation benchmark.") { work, folder, threads };
        command.Hidden = true;
        command.SetAction(parsed => Serve(parsed.GetValue(work)!, parsed.GetValue(folder)!, parsed.GetValue(threads)));
        return command;
    }

    private static void Serve(string work, string folder, int threads)
    {
        LibTorch.Threads = threads;
        using var model = LanguageModel.Load(folder, Device.Cpu);
        var requests = JsonSerializer.Deserialize<int[][][]>(File.ReadAllText(Path.Combine(folder, "requests.json")))!
            .Select(r => new TokenRequest(r[0], r[1])).ToList();
        var options = new ScoringOptions(SharePrefixes: work == Shared);
        while (Console.ReadLine() is not null)
        {
            var start = Stopwatch.GetTimestamp();
            var scores = RequestScoring.Score(model, requests, options, i => $"request {i}", null, CancellationToken.None);
            var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            Console.WriteLine(new JsonObject { ["seconds"] = seconds,
                ["log_likelihoods"] = new JsonArray([.. scores.Select(s => (JsonNode)s.LogLikelihood)]) }.ToJsonString());
        }
    }
}
