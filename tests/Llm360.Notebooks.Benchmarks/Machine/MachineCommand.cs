// benchmark machine: the machine's limits, so that other numbers can be read as shares of them.
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using TorchSharp;

namespace Llm360.Notebooks.Benchmarks.Machine;

/// <summary>Measures in turns the rates of fused multiply-adds in registers, of reading and copying
/// memory, and of float32 products x Wᵀ by LibTorch and by the kit.</summary>
internal static class MachineCommand
{
    /// <summary>The weights used in turn exceed the caches, as in a model.</summary>
    private const long WeightBytes = 256L << 20;

    private const long MemoryBytes = 512L << 20;
    private static readonly (int Inputs, int Outputs)[] Weights =
        [(288, 768), (512, 1376), (768, 768), (768, 2048), (2048, 768), (768, 32000)];
    private static readonly int[] Rows = [8, 32, 64, 128, 256, 512, 2048];

    public static Command Create()
    {
        var seconds = new Option<double>("--seconds") { Description = "Seconds for each measurement.", DefaultValueFactory = _ => 2 };
        var threads = new Option<int>("--threads") { Description = "Threads.", DefaultValueFactory = _ => Environment.ProcessorCount };
        var command = new Command("machine", "Peak of multiply-adds, memory, and matrix products of this machine.") { seconds, threads };
        command.SetAction(parsed => Run(parsed.GetValue(seconds), parsed.GetValue(threads)));
        return command;
    }

    private static int Run(double seconds, int threads)
    {
        LibTorch.Threads = threads;
        using var inference = torch.inference_mode();
        var (peaks, products) = (new List<double>(), new JsonArray());
        foreach (var (inputs, outputs) in Weights)
        {
            using var scope = torch.NewDisposeScope();
            var count = (int)(WeightBytes / (4L * inputs * outputs)) + 1;
            torch.Tensor[] weights = [.. Enumerable.Range(0, count).Select(_ => torch.randn([outputs, inputs]))];
            foreach (var rows in Rows)
            {
                using torch.Tensor x = torch.randn([rows, inputs]), y = torch.empty([rows, outputs]);
                var next = 0;
                var (rates, unpacked) = (new List<double>(), new List<double>());
                var operations = 2.0 * rows * inputs * outputs;
                List<(List<double>, Func<double>)> works = [(peaks, () => MultiplyAdds.Run(threads)), (rates, () =>
                {
                    torch.nn.functional.linear(x, weights[next++ % weights.Length]).Dispose();
                    return operations;
                })];
                if (UnpackedProducts.Takes(x, weights[0]))
                {
                    works.Add((unpacked, () =>
                    {
                        UnpackedProducts.Multiply(y, x, weights[next++ % weights.Length], add: false);
                        return operations;
                    }));
                }

                Alternate(seconds, [.. works]);
                products.Add((JsonNode)new JsonObject
                {
                    ["inputs"] = inputs, ["outputs"] = outputs, ["rows"] = rows,
                    ["median_gflops"] = Median(rates), ["best_gflops"] = rates.Max(),
                    ["unpacked_median_gflops"] = unpacked.Count > 0 ? Median(unpacked) : null,
                });
                Console.WriteLine(products[^1]!.ToJsonString());
            }
        }

        var (reads, copies) = Memory(seconds);
        BenchmarkResults.Write("machine", new JsonObject
        {
            ["date"] = DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
            ["processor"] = TorchReport.ProcessorName(), ["threads"] = threads, ["amd_switch"] = LibTorch.AmdSwitch.ToString(),
            ["median_peak_gflops"] = Median(peaks), ["best_peak_gflops"] = peaks.Max(),
            ["median_read_gbs"] = Median(reads), ["best_read_gbs"] = reads.Max(),
            ["median_copy_gbs"] = Median(copies), ["best_copy_gbs"] = copies.Max(),
            ["products"] = products,
        });
        return 0;
    }

    private static (List<double> Reads, List<double> Copies) Memory(double seconds)
    {
        using torch.Tensor from = torch.ones(MemoryBytes / sizeof(float)), to = torch.empty_like(from);
        var (reads, copies) = (new List<double>(), new List<double>());
        Alternate(seconds, (reads, () =>
        {
            from.sum().Dispose();
            return MemoryBytes;
        }), (copies, () =>
        {
            to.copy_(from);
            return 2 * MemoryBytes;
        }));
        return (reads, copies);
    }

    // Adds rates in 1e9 operations (or bytes) a second, one value for every tenth of a second.
    private static void Alternate(double seconds, params (List<double> Rates, Func<double> Work)[] works)
    {
        const double turn = 0.1;
        foreach (var (_, work) in works)
            work();
        for (var done = 0.0; done < seconds; done += turn)
        {
            foreach (var (rates, work) in works)
            {
                var (start, sum) = (Stopwatch.GetTimestamp(), 0.0);
                while (Stopwatch.GetElapsedTime(start).TotalSeconds < turn)
                    sum += work();
                rates.Add(sum / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e9);
            }
        }
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
