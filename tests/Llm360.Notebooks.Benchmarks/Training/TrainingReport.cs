// The training benchmark's result: JSON for other programs, and a table for readers.
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.Benchmarks.Training;

internal static class TrainingReport
{
    public static JsonObject Build(
        Dictionary<string, List<double>> steps, SortedDictionary<string, double> parts, double gflops, string? peerVersion)
    {
        var contenders = new JsonArray();
        foreach (var (name, times) in steps)
        {
            var sorted = times.Order().ToList();
            contenders.Add(new JsonObject
            {
                ["name"] = name,
                ["best_tokens_per_second"] = Math.Round(TrainingShape.StepTokens / sorted[0]),
                ["median_tokens_per_second"] = Math.Round(TrainingShape.StepTokens / sorted[sorted.Count / 2]),
                ["steps"] = sorted.Count,
            });
        }

        var total = parts.Values.Sum();
        var shares = new JsonObject();
        foreach (var (part, value) in parts.OrderByDescending(p => p.Value))
            shares[part] = Math.Round(value / total, 4);
        var rate = TrainingShape.StepFlops / steps.First().Value.Min() / 1e9;
        return new JsonObject
        {
            ["date"] = DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
            ["machine"] = new JsonObject
            {
                ["processor"] = TorchReport.Describe().Processor,
                ["system"] = RuntimeInformation.OSDescription,
                ["load"] = File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Trim() : null,
                ["amd_switch"] = LibTorch.AmdSwitch.ToString(),
                ["large_product_gflops"] = Math.Round(gflops, 1),
            },
            ["model"] = new JsonObject
            {
                ["parameters"] = TrainingShape.Config.ParameterCount,
                ["tokens_per_step"] = TrainingShape.StepTokens,
                ["gflop_per_step"] = Math.Round(TrainingShape.StepFlops / 1e9, 2),
            },
            ["peer"] = peerVersion,
            ["contenders"] = contenders,
            ["cpu_gradients_gflops"] = Math.Round(rate, 1),
            ["cpu_gradients_share_of_large_product"] = Math.Round(rate / gflops, 3),
            ["cpu_gradients_time_shares"] = shares,
        };
    }

    public static void Write(JsonObject result)
    {
        BenchmarkResults.Write("training", result);

        Say($"{result["date"]}, {result["machine"]!["processor"]}, {result["threads"]} threads, load {result["machine"]!["load"]}");
        Console.WriteLine("training step, tokens/s                best     median   against the last one");
        var contenders = result["contenders"]!.AsArray();
        var reference = (double)contenders[^1]!["best_tokens_per_second"]!;
        foreach (var one in contenders)
        {
            double best = (double)one!["best_tokens_per_second"]!, median = (double)one["median_tokens_per_second"]!;
            Say($"{(string)one["name"]!,-36} {best,8:n0} {median,10:n0} {best / reference,10:0.00} x");
        }

        if ((string)result["peers"]! != "measured")
            Say($"{"PyTorch loop",-36} {result["peers"]}");
        var (product, step) = (result["machine"]!["large_product_gflops"], result["cpu_gradients_gflops"]);
        var share = (double)result["cpu_gradients_share_of_large_product"]!;
        Say($"large product {product} GFLOP/s; CpuGradients' step {step} GFLOP/s ({share:p0})");
        var parts = result["cpu_gradients_time_shares"]!.AsObject()
            .Select(s => string.Create(CultureInfo.InvariantCulture, $"{s.Key} {(double)s.Value!:p1}"));
        Console.WriteLine("time of CpuGradients' step: " + string.Join(", ", parts));
        Console.WriteLine($"written to {BenchmarkResults.PathOf("training")}");

        static void Say(FormattableString line) => Console.WriteLine(FormattableString.Invariant(line));
    }
}
