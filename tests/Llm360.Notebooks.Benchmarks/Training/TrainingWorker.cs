// One .NET contender of the training benchmark, in a process of its own.
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using TorchSharp;

namespace Llm360.Notebooks.Benchmarks.Training;

/// <summary>Trains for the seconds given on its input, and answers with the seconds of each step
/// and of each part.</summary>
internal static class TrainingWorker
{
    public const string Name = "training-worker";
    private const int LargeProduct = 2048;

    public static Command Create()
    {
        var engine = new Argument<string>("engine") { Description = "cpu, autograd or product." };
        var threads = new Option<int>("--threads") { DefaultValueFactory = _ => Environment.ProcessorCount };
        var command = new Command(Name, "One contender; started by the training benchmark.") { engine, threads };
        command.Hidden = true;
        command.SetAction(parsed => Serve(parsed.GetValue(engine)!, parsed.GetValue(threads)));
        return command;
    }

    private static void Serve(string engine, int threads)
    {
        LibTorch.Threads = threads;
        using var work = engine == "product" ? null : new Training(engine, threads);
        while (Console.ReadLine() is { } line)
        {
            var seconds = double.Parse(line, CultureInfo.InvariantCulture);
            Console.WriteLine((work?.Run(seconds) ?? Product(seconds)).ToJsonString());
        }
    }

    // The rate of a large product: the machine's best.
    private static JsonObject Product(double seconds)
    {
        using var scope = torch.NewDisposeScope();
        var (a, b) = (torch.randn(LargeProduct, LargeProduct), torch.randn(LargeProduct, LargeProduct));
        var best = double.MaxValue;
        var start = Stopwatch.GetTimestamp();
        do
        {
            var one = Stopwatch.GetTimestamp();
            torch.mm(a, b).Dispose();
            best = Math.Min(best, Stopwatch.GetElapsedTime(one).TotalSeconds);
        }
        while (Stopwatch.GetElapsedTime(start).TotalSeconds < seconds);
        return new JsonObject { ["gflops"] = 2.0 * LargeProduct * LargeProduct * LargeProduct / best / 1e9 };
    }

    private sealed class Training : IDisposable
    {
        private readonly ParameterBuffer weights = new(TrainingShape.Config), gradients = new(TrainingShape.Config);
        private readonly AdamW optimizer = new(TrainingShape.Config, TrainingShape.Recipe);
        private readonly IGradients engine;
        private readonly int[] tokens;
        private double optimizerSeconds;

        public Training(string name, int threads)
        {
            WeightInitialization.Fill(weights, TrainingShape.Model, seed: 0);
            var groups = TrainingShape.Recipe.Groups;
            engine = name == "cpu" ? new CpuGradients(weights, groups, threads) : new AutogradGradients(weights, torch.CPU);
            var random = new Random(1);
            tokens = [.. Enumerable.Range(0, TrainingShape.Batch * TrainingShape.Length)
                .Select(_ => random.Next(3, TrainingShape.Vocabulary))];
        }

        public JsonObject Run(double seconds)
        {
            var steps = new JsonArray();
            var before = Parts();
            var start = Stopwatch.GetTimestamp();
            do
            {
                var one = Stopwatch.GetTimestamp();
                var loss = engine.Compute(tokens, TrainingShape.Length, gradients);
                var two = Stopwatch.GetTimestamp();
                optimizer.Step(weights, gradients, AdamW.Norm(gradients), TrainingShape.LearningRate);
                optimizerSeconds += Stopwatch.GetElapsedTime(two).TotalSeconds;
                if (!double.IsFinite(loss))
                    throw new InvalidOperationException("The loss is not finite.");
                steps.Add(Stopwatch.GetElapsedTime(one).TotalSeconds);
            }
            while (Stopwatch.GetElapsedTime(start).TotalSeconds < seconds);
            var parts = new JsonObject();
            foreach (var (part, total) in Parts())
                parts[part] = total - before[part];
            return new JsonObject { ["steps"] = steps, ["parts"] = parts };
        }

        public void Dispose()
        {
            engine.Dispose();
            optimizer.Dispose();
            weights.Dispose();
            gradients.Dispose();
        }

        // Seconds of all threads together, since the beginning.
        private Dictionary<string, double> Parts()
        {
            var parts = new Dictionary<string, double>();
            if (engine is not CpuGradients cpu)
                return parts;
            foreach (var (part, total) in cpu.Seconds)
                parts[part.ToString()] = total;
            parts["Optimizer"] = optimizerSeconds * cpu.Threads;
            return parts;
        }
    }
}
