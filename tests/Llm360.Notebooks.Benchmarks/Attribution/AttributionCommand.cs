// benchmark attribution: rows a second of an index against a training step, and the latency of a
// query.
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Llm360.Notebooks.Benchmarks.Training;
using TorchSharp;

namespace Llm360.Notebooks.Benchmarks.Attribution;

internal static class AttributionCommand
{
    private const int CellRows = 256, ProjectedSize = 12;

    public static Command Create()
    {
        var threads = new Option<int>("--threads") { Description = "Threads.", DefaultValueFactory = _ => Environment.ProcessorCount };
        var rows = new Option<int>(
            "--rows") { Description = "Rows of nano's shape to index and to train on.", DefaultValueFactory = _ => 128 };
        var turns = new Option<int>("--turns") { Description = "Passes of each after one to warm up.", DefaultValueFactory = _ => 3 };
        var indexed = new Option<int[]>("--indexed")
        {
            Description = "Rows of the synthetic indices that a query is asked of; at most 100,000 different rows are held, and read "
                + "again.",
            DefaultValueFactory = _ => [10_000, 100_000, 1_000_000],
            AllowMultipleArgumentsPerToken = true,
        };
        var command = new Command(
            "attribution", "Indexing against a training step on the same rows, and latency of a query.") { threads, rows, turns, indexed };
        command.SetAction(parsed =>
            Run(parsed.GetValue(threads), parsed.GetValue(rows), parsed.GetValue(turns), parsed.GetValue(indexed)!));
        return command;
    }

    private static int Run(int threads, int count, int turns, int[] indexed)
    {
        LibTorch.Threads = threads;
        var result = new JsonObject
        {
            ["date"] = DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
            ["processor"] = TorchReport.Describe().Processor,
            ["threads"] = threads,
            ["rows"] = count,
            ["index"] = Index(threads, count, turns),
            ["queries"] = new JsonArray([.. indexed.Select(n => (JsonNode)Query(n, threads))]),
        };
        Console.WriteLine(BenchmarkResults.Write("attribution", result));
        return 0;
    }

    // All take turns on the same rows; the fastest turn of each counts.
    private static JsonObject Index(int threads, int count, int turns)
    {
        using var weights = new ParameterBuffer(TrainingShape.Config);
        using var gradients = new ParameterBuffer(TrainingShape.Config);
        WeightInitialization.Fill(weights, TrainingShape.Model, seed: 0);
        using var model = new LlamaModel(TrainingShape.Config, weights.Views.ToDictionary(v => v.Key, v => v.Value));
        using var training = new CpuGradients(weights, TrainingShape.Recipe.Groups, threads);
        using var optimizer = new AdamW(TrainingShape.Config, TrainingShape.Recipe);
        var random = new Random(1);
        int[][] rows = [.. Enumerable.Range(0, count).Select(
            _ => Enumerable.Range(0, TrainingShape.Length).Select(_ => random.Next(3, TrainingShape.Vocabulary)).ToArray())];
        var batch = new RowBatch(rows, i => $"row {i}");
        var at = new CheckpointPass(model, "benchmark", 0) { LearningRate = 1e-3 };
        using var logra = new SeededProjection(ProjectedSize, 0);
        var tracin = new TracIn();
        using var held = tracin.Hold(at, null, batch.Slice(0, 1));
        var times = new Dictionary<string, List<double>>();
        for (var turn = 0; turn <= turns; turn++)
        {
            Time("training step", turn, () =>
            {
                foreach (var part in rows.Chunk(TrainingShape.Batch))
                {
                    training.Compute([.. part.SelectMany(r => r)], TrainingShape.Length, gradients);
                    optimizer.Step(weights, gradients, gradientNorm: 1, learningRate: 1e-6);
                }
            });
            Time("LoGra index", turn, () => logra.Project(at, batch, margin: false).Dispose());
            Time("TracIn of one query", turn, () => tracin.Score(at, null, held, batch));
        }

        var of = new JsonObject();
        foreach (var (name, seconds) in times)
        {
            of[name] = new JsonObject
            {
                ["rows_a_second"] = Math.Round(count / seconds.Min(), 1),
                ["times_a_training_step"] = Math.Round(seconds.Min() / times["training step"].Min(), 3),
            };
        }

        using var process = Process.GetCurrentProcess();
        of["peak_mb"] = Math.Round(process.PeakWorkingSet64 / 1e6);
        return of;

        void Time(string name, int turn, Action work)
        {
            var start = Stopwatch.GetTimestamp();
            work();
            if (turn > 0)
                (times.TryGetValue(name, out var list) ? list : times[name] = []).Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
    }

    // The product that a query costs beside its own pass: cells in memory, as the page cache keeps
    // them.
    private static JsonObject Query(int rows, int threads)
    {
        using var scope = torch.NewDisposeScope();
        using var logra = new SeededProjection(ProjectedSize, 0);
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
