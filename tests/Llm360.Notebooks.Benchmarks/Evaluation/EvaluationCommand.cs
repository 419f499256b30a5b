// benchmark evaluation: few-shot multiple choice, requests a second, against lm-eval's hf backend.
using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Llm360.Notebooks.Benchmarks.Forward;

namespace Llm360.Notebooks.Benchmarks.Evaluation;

internal static class EvaluationCommand
{
    private const string Shape = "15M";
    private static readonly int[] PeerBatches = [1, 4, 16];

    /// <summary>Tokens of a shot, of a question and of a choice, in the shape of a task.</summary>
    private static readonly (string Name, int Shots, int Shot, int Question, int Choice)[] Tasks =
        [("ARC-shaped, 25 shots", 25, 32, 28, 5), ("HellaSwag-shaped, 10 shots", 10, 85, 55, 25)];

    public static Command Create()
    {
        var peers = new Option<DirectoryInfo?>("--peers") { Description = "Folder of a Python environment with lm-eval." };
        var threads = new Option<int>("--threads") { Description = "Threads of each contender.", DefaultValueFactory = _ =>
            Environment.ProcessorCount };
        var items = new Option<int>("--items") { Description = "Items of each task, with four choices.", DefaultValueFactory = _ => 50 };
        var turns = new Option<int>("--turns") { Description = "Passes of each contender after one to warm up.",
            DefaultValueFactory = _ => 3 };
        var command = new Command("evaluation",
            "Requests a second of few-shot multiple choice on the 15M shape, against lm-eval.") { peers, threads, items, turns };
        command.SetAction(parsed => Run(parsed.GetValue(peers), parsed.GetValue(threads), parsed.GetValue(items), parsed.GetValue(turns)));
        return command;
    }

    private static int Run(DirectoryInfo? peers, int threads, int items, int turns)
    {
        var python = peers is null ? null : Path.Combine(peers.FullName, "bin", "python");
        var folder = Directory.CreateTempSubdirectory("llm360-benchmark-").FullName;
        var cases = new JsonArray();
        try
        {
            ForwardShape.Write(ForwardShape.All[Shape], folder);
            foreach (var (name, shots, shot, question, choice) in Tasks)
            {
                AtomicFile.WriteText(Path.Combine(folder, "requests.json"), Requests(items, shots * shot, question, choice).ToJsonString());
                var one = Case(name, folder, python, threads, 4 * items, turns);
                Console.WriteLine(one.ToJsonString());
                cases.Add((JsonNode)one);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        var report = TorchReport.Describe();
        BenchmarkResults.Write("evaluation", new JsonObject
        {
            ["date"] = DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
            ["processor"] = report.Processor,
            ["threads"] = threads,
            ["shape"] = Shape,
            ["cases"] = cases,
        });
        return 0;
    }

    // [[context, continuation], ...]: the same shots before every item, as lm-eval's first_n
    // sampler gives.
    private static JsonArray Requests(int items, int shots, int question, int choice)
    {
        var before = ForwardShape.Tokens(1, shots)[0];
        var questions = ForwardShape.Tokens(items + 1, question)[1..];
        var choices = ForwardShape.Tokens((4 * items) + 7, choice)[7..];
        return [.. Enumerable.Range(0, 4 * items)
            .Select(i => (JsonNode)new JsonArray(Ids([.. before, .. questions[i / 4]]), Ids(choices[i])))];

        static JsonArray Ids(int[] ids) => [.. ids.Select(t => (JsonNode)t)];
    }

    private static JsonObject Case(string name, string folder, string? python, int threads, int requests, int turns)
    {
        string[] arguments = [folder, threads.ToString(CultureInfo.InvariantCulture)];
        var contenders = EvaluationWorker.Works.Select(w => Contender.Self(w, [EvaluationWorker.Name, w, .. arguments])).ToList();
        if (python is not null)
        {
            var script = Path.Combine(AppContext.BaseDirectory, "Evaluation", "evaluation_peer.py");
            contenders.AddRange(PeerBatches.Select(b =>
                Contender.Start($"lm-eval, batch {b}", python, [script, .. arguments, b.ToString(CultureInfo.InvariantCulture)],
                Contender.MemoryKept)));
        }

        try
        {
            var best = contenders.ToDictionary(c => c.Name, _ => double.PositiveInfinity);
            var answers = new Dictionary<string, double[]>();
            for (var turn = 0; turn <= turns; turn++)
            {
                foreach (var contender in contenders)
                {
                    var answer = contender.Turn(0);
                    best[contender.Name] = turn == 0 ? best[contender.Name] : Math.Min(best[contender.Name], (double)answer["seconds"]!);
                    answers[contender.Name] = [.. answer["log_likelihoods"]!.AsArray().Select(l => (double)l!)];
                }
            }

            var first = answers[contenders[0].Name];
            return new JsonObject
            {
                ["task"] = name,
                ["requests_per_second"] = new JsonObject(contenders.Select(c =>
                    KeyValuePair.Create(c.Name, (JsonNode?)Math.Round(requests / best[c.Name], 2)))),
                ["largest_difference"] = new JsonObject(answers.Select(a =>
                    KeyValuePair.Create(a.Key, (JsonNode?)a.Value.Zip(first, (x, y) => Math.Abs(x - y)).Max()))),
            };
        }
        finally
        {
            contenders.ForEach(c => c.Dispose());
        }
    }
}
