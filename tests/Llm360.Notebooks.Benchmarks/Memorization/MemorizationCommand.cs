// benchmark memorization: rows a second of scoring, against transformers' generate.
using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Llm360.Notebooks.Benchmarks.Forward;

namespace Llm360.Notebooks.Benchmarks.Memorization;

internal static class MemorizationCommand
{
    /// <summary>k = l.</summary>
    public const int Half = 32;

    private const int PeerRows = 256;
    private static readonly string[] Works =
        ["scores", "token metrics of the continuation", "scores and all token metrics", "extractibility"];
    private static readonly int[] PeerBatches = [64, 128, 256];

    public static Command Create()
    {
        var peers = new Option<DirectoryInfo?>("--peers")
        {
            Description = "Folder of a Python environment (bin/python) with torch and transformers.",
        };
        var threads = new Option<int>("--threads")
        {
            Description = "Threads of each contender.",
            DefaultValueFactory = _ => Environment.ProcessorCount,
        };
        var rows = new Option<int>("--rows") { Description = "Sequences.", DefaultValueFactory = _ => 1000 };
        var turns = new Option<int>("--turns")
        {
            Description = "Passes of each contender after one to warm up.",
            DefaultValueFactory = _ => 3,
        };
        var shapes = new Option<string[]>("--shapes")
        {
            Description = "15M, 110M.",
            DefaultValueFactory = _ => ["15M", "110M"],
            AllowMultipleArgumentsPerToken = true,
        };
        var shares = new Option<int[]>("--shares")
        {
            Description = "Percentages of memorised sequences; the peer runs at the first alone, as its work does not depend on them.",
            DefaultValueFactory = _ => [10, 0, 1, 30, 100],
            AllowMultipleArgumentsPerToken = true,
        };
        var command = new Command("memorization", "Sequences a second of memorization, k = l = 32, against transformers' generate.")
        { peers, threads, rows, turns, shapes, shares };
        command.SetAction(parsed => Run(
            parsed.GetValue(peers),
            parsed.GetValue(threads),
            parsed.GetValue(rows),
            parsed.GetValue(turns),
            parsed.GetValue(shapes)!,
            parsed.GetValue(shares)!));
        return command;
    }

    /// <summary>Sequences. In an evenly spread share of them, the second half is the model's own
    /// greedy continuation.</summary>
    public static int[][] Rows(LanguageModel model, int count, int percent)
    {
        var rows = ForwardShape.Tokens(count, 2 * Half);
        int[] memorised = [.. Enumerable.Range(0, count).Where(i => (i + 1) * percent / 100 > i * percent / 100)];
        foreach (var part in memorised.Chunk(64))
        {
            var continuations = model.Generate([.. part.Select(i => rows[i][..Half])], new GenerationOptions { MaxNewTokens = Half });
            foreach (var (i, continuation) in part.Zip(continuations))
                rows[i] = [.. rows[i][..Half], .. continuation];
        }

        return rows;
    }

    private static int Run(DirectoryInfo? peers, int threads, int count, int turns, string[] shapes, int[] shares)
    {
        var python = peers is null ? "" : Path.Combine(peers.FullName, "bin", "python");
        var cases = new JsonArray();
        foreach (var shape in shapes)
        {
            var folder = Directory.CreateTempSubdirectory("llm360-benchmark-").FullName;
            try
            {
                ForwardShape.Write(ForwardShape.All[shape], folder);
                foreach (var percent in shares)
                {
                    using (var model = LanguageModel.Load(folder))
                    {
                        var tokens = Rows(model, count, percent).Select(r => (JsonNode)new JsonArray([.. r.Select(t => (JsonNode)t)]));
                        AtomicFile.WriteText(Path.Combine(folder, "rows.json"), new JsonArray([.. tokens]).ToJsonString());
                    }

                    var peer = percent == shares[0] && File.Exists(python) ? python : null;
                    var one = Case(shape, folder, percent, count, peer, threads, turns);
                    Console.WriteLine(one.ToJsonString());
                    cases.Add((JsonNode)one);
                }
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }

        var report = TorchReport.Describe();
        BenchmarkResults.Write("memorization", new JsonObject
        {
            ["date"] = DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
            ["processor"] = report.Processor,
            ["threads"] = threads,
            ["amd_switch"] = report.AmdSwitch.ToString(),
            ["rows"] = count,
            ["cases"] = cases,
        });
        return 0;
    }

    private static JsonObject Case(string shape, string folder, int percent, int count, string? python, int threads, int turns)
    {
        var number = (int n) => n.ToString(CultureInfo.InvariantCulture);
        var own = (string work) => Contender.Self(work, [MemorizationWorker.Name, work, folder, number(threads), number(count)]);
        var contenders = Works.Select(w => (Rows: count, own(w))).ToList();
        contenders.Add((count, own("slow reference")));
        if (python is not null)
        {
            var script = Path.Combine(AppContext.BaseDirectory, "Memorization", "memorization_peer.py");
            contenders.AddRange(PeerBatches.Select(b =>
            {
                string[] arguments = [script, folder, number(threads), number(PeerRows), number(b), number(Half)];
                return (PeerRows, Contender.Start($"transformers, batch {b}", python, arguments, Contender.MemoryKept));
            }));
        }

        try
        {
            var best = contenders.ToDictionary(c => c.Item2.Name, _ => double.PositiveInfinity);
            var answers = new Dictionary<string, string>();
            for (var turn = 0; turn <= turns; turn++)
            {
                foreach (var (rows, contender) in contenders)
                {
                    var answer = contender.Turn(0);
                    best[contender.Name] = Math.Min(best[contender.Name], (double)answer["seconds"]!);
                    answers[contender.Name] = (string)answer["first_mismatches"]!;
                }
            }

            return new JsonObject
            {
                ["shape"] = shape,
                ["memorised_percent"] = percent,
                ["rows_per_second"] = new JsonObject(contenders.Select(c =>
                    KeyValuePair.Create(c.Item2.Name, (JsonNode?)Math.Round(c.Rows / best[c.Item2.Name], 2)))),
                ["rows_that_differ_from_scores"] = new JsonObject(answers.Select(a =>
                    KeyValuePair.Create(a.Key, (JsonNode?)Differences(a.Value, answers[Works[0]])))),
            };
        }
        finally
        {
            contenders.ForEach(c => c.Item2.Dispose());
        }
    }

    private static int Differences(string one, string other) =>
        one.Split(' ').Zip(other.Split(' ')).Count(p => p.First != p.Second);
}
