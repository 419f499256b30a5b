// One .NET contender of the attribution benchmark, in a process of its own.
using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Llm360.Notebooks.Benchmarks.Training;

namespace Llm360.Notebooks.Benchmarks.Attribution;

/// <summary>Answers each line on its input with the seconds of one pass over all rows.</summary>
internal static class AttributionWorker
{
    public const string Name = "attribution-worker";

    private const string TrainingStep = "training step", Index = "LoGra index", Factors = "EK-FAC factors", Scores = "EK-FAC scores";

    /// <summary>The contenders.</summary>
    public static IReadOnlyList<string> Works { get; } = [TrainingStep, Index, Factors, Scores];

    public static Command Create()
    {
        var work = new Argument<string>("work");
        var folder = new Argument<string>("folder");
        var threads = new Argument<int>("threads");
        var size = new Argument<int>("projected-size");
        var queries = new Argument<int>("queries");
        var command = new Command(
            Name, "One contender; started by the attribution benchmark.") { work, folder, threads, size, queries };
        command.Hidden = true;
        command.SetAction(parsed => Serve(parsed.GetValue(work)!, parsed.GetValue(folder)!, parsed.GetValue(threads),
            parsed.GetValue(size), parsed.GetValue(queries)));
        return command;
    }

    private static void Serve(string work, string folder, int threads, int size, int queries)
    {
        LibTorch.Threads = threads;
        using var model = LanguageModel.Load(folder, Device.Cpu);
        var rows = JsonSerializer.Deserialize<int[][]>(File.ReadAllText(Path.Combine(folder, "rows.json")))!;
        var pass = Pass(work, model, new RowBatch(rows, i => $"row {i}"), threads, size, queries);
        while (Console.ReadLine() is not null)
        {
            var start = Stopwatch.GetTimestamp();
            pass();
            var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            using var process = Process.GetCurrentProcess();
            Console.WriteLine(new JsonObject { ["seconds"] = seconds, ["peak_mb"] = process.PeakWorkingSet64 / 1e6 }.ToJsonString());
        }
    }

    private static Action Pass(string work, LanguageModel model, RowBatch rows, int threads, int size, int queries)
    {
        var at = new CheckpointPass(model, "benchmark", 0) { LearningRate = 1e-3 };
        switch (work)
        {
            case TrainingStep:
                return Training((LlamaConfig)model.Config, rows.Tokens, threads);
            case Index:
                var projection = new SeededProjection(size, 0);
                return () => projection.Project(at, rows, margin: false).Dispose();
            case Factors:
                return () => CurvatureFactors.Compute(at, rows).Dispose();
            case Scores:
                var method = new EkFacAuto(new AttributionSettings());
                var factors = method.Fit(at, rows);
                return () =>
                {
                    using var held = method.Hold(at, factors, rows.Slice(0, queries));
                    method.Score(at, factors, held, rows);
                };
            default:
                throw new ArgumentException($"No work is called {work}.", nameof(work));
        }
    }

    // Forward and backward pass and AdamW in batches, as suites are trained.
    private static Action Training(LlamaConfig config, IReadOnlyList<int[]> rows, int threads)
    {
        var recipe = TrainingShape.Recipe;
        ParameterBuffer weights = new(config), gradients = new(config);
        WeightInitialization.Fill(
            weights, new ModelShape(config.HiddenSize, config.IntermediateSize, config.Layers, config.Heads), seed: 0);
        var engine = new CpuGradients(weights, recipe.Groups, threads);
        var optimizer = new AdamW(config, recipe);
        return () =>
        {
            foreach (var part in rows.Chunk(recipe.BatchSize))
            {
                engine.Compute([.. part.SelectMany(r => r)], part[0].Length, gradients);
                optimizer.Step(weights, gradients, gradientNorm: 1, learningRate: 1e-6);
            }
        };
    }
}
