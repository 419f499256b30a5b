// benchmark training: the kit's training step against autograd, stock MKL and a PyTorch loop.
using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.Benchmarks.Training;

internal static class TrainingCommand
{
    private const double TurnSeconds = 2;

    public static Command Create()
    {
        var peers = new Option<DirectoryInfo?>("--peers")
        {
            Description = "Folder of a Python environment (bin/python) with torch and transformers.",
        };
        var seconds = new Option<double>("--seconds") { Description = "Seconds for each contender.", DefaultValueFactory = _ => 20 };
        var threads = new Option<int>("--threads")
        {
            Description = "Threads of each contender.",
            DefaultValueFactory = _ => Environment.ProcessorCount,
        };
        var command = new Command("training", "Tokens a second of whole training steps: forward, backward, norm, clipping, AdamW.")
        { peers, seconds, threads };
        command.SetAction(parsed => Run(parsed.GetValue(peers), parsed.GetValue(seconds), parsed.GetValue(threads)));
        return command;
    }

    private static int Run(DirectoryInfo? peers, double seconds, int threads)
    {
        string[] same = ["--threads", threads.ToString(CultureInfo.InvariantCulture)];
        var switchOff = new Dictionary<string, string> { [MklAmdSwitch.Variable] = "off" };
        var contenders = new List<Contender>
        {
            Contender.Self("CpuGradients", [TrainingWorker.Name, "cpu", .. same]),
            Contender.Self("AutogradGradients", [TrainingWorker.Name, "autograd", .. same]),
            Contender.Self("AutogradGradients, AMD switch off", [TrainingWorker.Name, "autograd", .. same], switchOff),
        };
        using var product = Contender.Self("large product", [TrainingWorker.Name, "product", .. same]);
        var python = peers is null ? "" : Path.Combine(peers.FullName, "bin", "python");
        var hasPeers = File.Exists(python);
        if (hasPeers)
        {
            contenders.Add(Peer("PyTorch loop", python, threads));
            contenders.Add(Peer("PyTorch loop, memory kept", python, threads, Contender.MemoryKept));
        }

        try
        {
            var result = Measure(contenders, product, seconds);
            result["threads"] = threads;
            result["peers"] = hasPeers ? "measured" : "not measured (no peers folder)";
            TrainingReport.Write(result);
            return 0;
        }
        finally
        {
            contenders.ForEach(c => c.Dispose());
        }
    }

    // Turns of two seconds, one contender after the other, so that other load of the machine
    // affects all alike.
    private static JsonObject Measure(List<Contender> contenders, Contender product, double seconds)
    {
        var steps = contenders.ToDictionary(c => c.Name, _ => new List<double>());
        var parts = new SortedDictionary<string, double>();
        var gflops = 0.0;
        string? version = null;
        foreach (var contender in contenders)
            contender.Turn(TurnSeconds); // compilation, caches, memory
        for (var done = 0.0; done < seconds; done += TurnSeconds)
        {
            gflops = Math.Max(gflops, (double)product.Turn(0.3)["gflops"]!);
            foreach (var contender in contenders)
            {
                var answer = contender.Turn(TurnSeconds);
                steps[contender.Name].AddRange(answer["steps"]!.AsArray().Select(s => (double)s!));
                foreach (var (part, value) in answer["parts"]?.AsObject() ?? [])
                    parts[part] = parts.GetValueOrDefault(part) + (double)value!;
                version = answer["version"] is { } v ? $"torch {v}, AdamW {answer["optimizer"]}" : version;
            }
        }

        return TrainingReport.Build(steps, parts, gflops, version);
    }

    private static Contender Peer(string name, string python, int threads, IReadOnlyDictionary<string, string>? environment = null)
    {
        var (model, script) = (TrainingShape.Model, Path.Combine(AppContext.BaseDirectory, "Training", "training_peer.py"));
        int[] numbers =
        [
            threads, TrainingShape.Batch, TrainingShape.Length, TrainingShape.Vocabulary,
            model.HiddenSize, model.IntermediateSize, model.Layers, model.Heads,
        ];
        var sizes = numbers.Select(n => n.ToString(CultureInfo.InvariantCulture));
        var rate = TrainingShape.LearningRate.ToString(CultureInfo.InvariantCulture);
        return Contender.Start(name, python, [script, .. sizes, rate], environment);
    }
}
