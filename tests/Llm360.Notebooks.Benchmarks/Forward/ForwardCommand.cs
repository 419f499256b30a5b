// benchmark forward: tokens a second of forward passes and of decoding, against transformers.
using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.Benchmarks.Forward;

internal static class ForwardCommand
{
    public const int NewTokens = 64;
    private const double TurnSeconds = 1;

    public static Command Create()
    {
        var peers = new Option<DirectoryInfo?>("--peers")
        {
            Description = "Folder of a Python environment (bin/python) with torch and transformers.",
        };
        var seconds = new Option<double>("--seconds") { Description = "Seconds for each contender.", DefaultValueFactory = _ => 8 };
        var threads = new Option<int>("--threads")
        {
            Description = "Threads of each contender.",
            DefaultValueFactory = _ => Environment.ProcessorCount,
        };
        var shapes = new Option<string[]>("--shapes")
        {
            Description = "D512, 15M, 110M.",
            DefaultValueFactory = _ => [.. ForwardShape.All.Keys],
            AllowMultipleArgumentsPerToken = true,
        };
        var works = new Option<string[]>("--works")
        {
            Description = "score, decode.",
            DefaultValueFactory = _ => ["score", "decode"],
            AllowMultipleArgumentsPerToken = true,
        };
        var types = new Option<string[]>("--types")
        {
            Description = "fp32, bf16.",
            DefaultValueFactory = _ => ["fp32", "bf16"],
            AllowMultipleArgumentsPerToken = true,
        };
        var command = new Command("forward", "Tokens a second of scoring 8 sequences of 256 tokens, and of greedy decoding.")
        { peers, seconds, threads, shapes, works, types };
        command.SetAction(parsed => Run(
            parsed.GetValue(peers),
            parsed.GetValue(seconds),
            parsed.GetValue(threads),
            parsed.GetValue(shapes)!,
            parsed.GetValue(works)!,
            parsed.GetValue(types)!));
        return command;
    }

    private static int Run(DirectoryInfo? peers, double seconds, int threads, string[] shapes, string[] works, string[] types)
    {
        var python = peers is null ? "" : Path.Combine(peers.FullName, "bin", "python");
        var cases = new JsonArray();
        foreach (var shape in shapes)
        {
            var folder = Directory.CreateTempSubdirectory("llm360-benchmark-").FullName;
            try
            {
                ForwardShape.Write(ForwardShape.All[shape], folder);
                foreach (var (work, type) in works.SelectMany(w => types.Select(t => (w, t))))
                {
                    foreach (var rows in work == "score" ? [ForwardShape.Rows] : new[] { 1, 8, 64 })
                    {
                        var one = Case(shape, folder, work, type, rows, python, seconds, threads);
                        Console.WriteLine(one.ToJsonString());
                        cases.Add((JsonNode)one);
                    }
                }
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }

        var report = TorchReport.Describe();
        var result = new JsonObject
        {
            ["date"] = DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
            ["processor"] = report.Processor,
            ["threads"] = threads,
            ["amd_switch"] = report.AmdSwitch.ToString(),
            ["cases"] = cases,
        };
        BenchmarkResults.Write("forward", result);
        return 0;
    }

    private static JsonObject Case(
        string shape, string folder, string work, string type, int rows, string python, double seconds, int threads)
    {
        string[] ours = [folder, type, threads.ToString(CultureInfo.InvariantCulture), rows.ToString(CultureInfo.InvariantCulture)];
        var contenders = new List<Contender> { Contender.Self("kit", [ForwardWorker.Name, work, .. ours]) };
        if (work == "score")
        {
            contenders.Add(Contender.Self("kit, body alone", [ForwardWorker.Name, "body", .. ours]));
            contenders.Add(Contender.Self("products alone", [ForwardWorker.Name, "products", .. ours]));
        }

        if (work == "score" && type == "fp32")
            contenders.Add(Contender.Self("ONNX Runtime", [ForwardWorker.Name, "onnx", .. ours]));
        else if (work == "decode" && rows == 1)
            contenders.Add(Contender.Self("copy of the weights", [ForwardWorker.Name, "copy", .. ours]));
        if (File.Exists(python))
        {
            var script = Path.Combine(AppContext.BaseDirectory, "Forward", "forward_peer.py");
            var length = work == "score" ? ForwardShape.Length : ForwardShape.Prompt;
            string[] peer = [script, work, .. ours, $"{length}", $"{NewTokens}"];
            contenders.Add(Contender.Start("transformers", python, peer));
            contenders.Add(Contender.Start("transformers, memory kept", python, peer, Contender.MemoryKept));
            if (work == "score")
            {
                string[] answers = [script, "answers", .. peer[2..]];
                contenders.Add(Contender.Start("transformers and the same answers", python, answers, Contender.MemoryKept));
            }
        }

        try
        {
            var passes = contenders.ToDictionary(c => c.Name, _ => new List<double>());
            contenders.ForEach(c => c.Turn(TurnSeconds));
            for (var done = 0.0; done < seconds; done += TurnSeconds)
            {
                foreach (var contender in contenders)
                    passes[contender.Name].AddRange(contender.Turn(TurnSeconds)["passes"]!.AsArray().Select(p => (double)p!));
            }

            var tokens = rows * (work == "score" ? ForwardShape.Length : NewTokens);
            return new JsonObject
            {
                ["shape"] = shape, ["work"] = work, ["type"] = type, ["rows"] = rows,
                ["product_gflop"] = ForwardShape.ProductFlops(ForwardShape.All[shape]) * tokens / 1e9,
                ["contenders"] = new JsonObject(passes.Select(p => KeyValuePair.Create(p.Key, (JsonNode?)Times(p.Value)))),
            };

            JsonObject Times(List<double> all)
            {
                var (best, median) = (all.Min(), all.Order().ElementAt(all.Count / 2));
                return new JsonObject
                {
                    ["best_seconds"] = best,
                    ["median_seconds"] = median,
                    ["best_tokens_per_second"] = Math.Round(tokens / best, 1),
                    ["median_tokens_per_second"] = Math.Round(tokens / median, 1),
                };
            }
        }
        finally
        {
            contenders.ForEach(c => c.Dispose());
        }
    }
}
