// benchmark attribution: rows/s of an index and EK-FAC against training and peers; query latency.
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Llm360.Notebooks.Benchmarks.Forward;
using Llm360.Notebooks.Benchmarks.Training;
using TorchSharp;

namespace Llm360.Notebooks.Benchmarks.Attribution;

internal static class AttributionCommand
{
    private const int CellRows = 256, ProjectedSize = 16, Queries = 8, Length = 256;

    private static readonly (string Name, string Work)[] Peers =
        [("bergson, index", "index"), ("kronfluence, factors", "factors"), ("kronfluence, scores", "scores")];

    // A model, and the rows that all contenders take.
    private static readonly (string Name, LlamaConfig Config, int Rows)[] Shapes =
    [
        ("nano", TrainingShape.Config with { MaximumLength = 16 * Length }, 128),
        ("15M", ForwardShape.All["15M"] with { MaximumLength = 16 * Length }, 32),
    ];

    public static Command Create()
    {
        var peers = new Option<DirectoryInfo?>("--peers") { Description = "Folder of a Python environment with bergson and kronfluence." };
        var threads = new Option<int>("--threads") { Description = "Threads of each contender.", DefaultValueFactory = _ =>
            Environment.ProcessorCount };
        var turns = new Option<int>("--turns") { Description = "Passes of each contender after one to warm up.",
            DefaultValueFactory = _ => 3 };
        var indexed = new Option<int[]>("--indexed")
        {
            Description = "Rows of the synthetic indices that a query is asked of; at most 100,000 different rows are held, and read "
                + "again.",
            DefaultValueFactory = _ => [10_000, 100_000, 1_000_000],
            AllowMultipleArgumentsPerToken = true,
        };
        var command = new Command(
            "attribution", "Index and EK-FAC against a training step, bergson and kronfluence; latency of a query.")
        { peers, threads, turns, indexed };
        command.SetAction(parsed =>
            Run(parsed.GetValue(peers), parsed.GetValue(threads), parsed.GetValue(turns), parsed.GetValue(indexed)!));
        return command;
    }

    private static int Run(DirectoryInfo? peers, int threads, int turns, int[] indexed)
    {
        LibTorch.Threads = threads;
        var python = peers is null ? null : Path.Combine(peers.FullName, "bin", "python");
        var result = new JsonObject
        {
            ["date"] = DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
            ["processor"] = TorchReport.Describe().Processor,
            ["threads"] = threads,
            ["queries"] = new JsonArray([.. indexed.Select(n => (JsonNode)Query(n, threads))]),
            ["shapes"] = new JsonArray([.. Shapes.Select(s => (JsonNode)Shape(s.Name, s.Config, s.Rows, python, threads, turns))]),
        };
        Console.WriteLine(BenchmarkResults.Write("attribution", result));
        return 0;
    }

    // All contenders take turns on the same rows; the fastest turn of each counts.
    private static JsonObject Shape(string name, LlamaConfig config, int count, string? python, int threads, int turns)
    {
        var folder = Directory.CreateTempSubdirectory("llm360-benchmark-").FullName;
        List<Contender> contenders = [];
        try
        {
            ForwardShape.Write(config, folder);
            var random = new Random(1);
            JsonArray rows = [.. Enumerable.Range(0, count).Select(_ => (JsonNode)new JsonArray(
                [.. Enumerable.Range(0, Length).Select(_ => (JsonNode)random.Next(3, config.VocabularySize))]))];
            AtomicFile.WriteText(Path.Combine(folder, "rows.json"), rows.ToJsonString());
            string[] arguments = [folder, $"{threads}", $"{ProjectedSize}", $"{Queries}"];
            contenders.AddRange(AttributionWorker.Works.Select(w => Contender.Self(w, [AttributionWorker.Name, w, .. arguments])));
            if (python is not null)
            {
                var script = Path.Combine(AppContext.BaseDirectory, "Attribution", "attribution_peer.py");
                contenders.AddRange(Peers.Select(p =>
                    Contender.Start(p.Name, python, [script, p.Work, .. arguments], Contender.MemoryKept)));
            }

            var best = contenders.ToDictionary(c => c.Name, _ => double.PositiveInfinity);
            var peak = contenders.ToDictionary(c => c.Name, _ => 0.0);
            for (var turn = 0; turn <= turns; turn++)
            {
                foreach (var contender in contenders)
                {
                    var answer = contender.Turn(0);
                    peak[contender.Name] = (double)answer["peak_mb"]!;
                    if (turn > 0)
                        best[contender.Name] = Math.Min(best[contender.Name], (double)answer["seconds"]!);
                }
            }

            return new JsonObject
            {
                ["shape"] = name,
                ["rows"] = count,
                ["rows_per_second"] = new JsonObject(best.Select(b =>
                    KeyValuePair.Create(b.Key, (JsonNode?)Math.Round(count / b.Value, 2)))),
                ["peak_mb"] = new JsonObject(peak.Select(p => KeyValuePair.Create(p.Key, (JsonNode?)Math.Round(p.Value)))),
            };
        }
        finally
        {
            contenders.ForEach(c => c.Dispose());
            Directory.Delete(folder, recursive: true);
        }
    }

    // The product of a query with all cells, without the query's own pass. The cells are in memory,
    // as the page cache keeps them.
    private static JsonObject Query(int rows, int threads)
    {
        using var scope = torch.NewDisposeScope();
        using var logra = new SeededProjection(new AttributionSettings().ProjectedSize, 0);
        var length = logra.Parts(TrainingShape.Config).Sum();
        var cells = (rows + CellRows - 1) / CellRows;
        List<torch.Tensor> different = [.. Enumerable.Range(0, Math.Min(cells, 100_000 / CellRows)).Select(
            _ => torch.randn([CellRows, length]))];
        using var held = new HeldQueries(1, new TensorSet([KeyValuePair.Create("held", torch.randn([1, length]))]));
        var times = new List<double>();
        for (var turn = 0; turn < 4; turn++)
        {
            var start = Stopwatch.GetTimestamp();
            Parallel.For(0, cells, new ParallelOptions { MaxDegreeOfParallelism = threads }, i =>
                ProjectedMethod.Multiply(held, different[i % different.Count]));
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        return new JsonObject
        {
            ["rows"] = rows,
            ["floats_a_row"] = length,
            ["bytes"] = rows * length * sizeof(float),
            ["milliseconds"] = Math.Round(times.Skip(1).Min(), 1),
        };
    }
}
