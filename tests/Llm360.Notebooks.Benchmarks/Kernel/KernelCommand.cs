// benchmark kernel: time from a kernel's start to its first result, and the time of a warm cell.
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Llm360.Notebooks.Kernel.Jupyter;

namespace Llm360.Notebooks.Benchmarks.Kernel;

internal static class KernelCommand
{
    public static Command Create()
    {
        var starts = new Option<int>("--starts") { Description = "How many kernels are started.", DefaultValueFactory = _ => 7 };
        var cells = new Option<int>("--cells") { Description = "How many cells each runs once warm.", DefaultValueFactory = _ => 100 };
        var command = new Command(
            "kernel",
            "Time from the start of a kernel's process to its first result, a cell's overhead once warm, "
                + "and how soon an interrupt is answered; as an installed kernel is started.")
        { starts, cells };
        command.SetAction(parsed => Run(parsed.GetValue(starts), parsed.GetValue(cells)));
        return command;
    }

    private static int Run(int starts, int cells)
    {
        var repository = Workspace.Repository ?? throw new Llm360Exception(
            "There is no checkout.", Environment.CurrentDirectory, "Run inside a checkout of Llm360.Notebooks.");
        var folder = Directory.CreateTempSubdirectory("llm360-benchmark-").FullName;
        try
        {
            var llm360 = Path.Combine(repository, "src", "Llm360.Notebooks.Cli", "bin", "Release", "net10.0", "llm360.dll");
            using (var install = Process.Start("dotnet", [llm360, "kernel", "install", "--prefix", folder, "-q"]))
                install.WaitForExit();
            var file = Path.Combine(folder, "share", "jupyter", "kernels", KernelSpec.DefaultName, "kernel.json");
            var spec = JsonNode.Parse(File.ReadAllText(file))!;
            var (first, warm, interrupt, memory) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
            for (var start = 0; start < starts; start++)
            {
                using var kernel = new MeasuredKernel(spec, folder);
                first.Add(kernel.FirstResultSeconds);
                kernel.Warm();
                for (var cell = 0; cell < cells; cell++)
                    warm.Add(kernel.CellMilliseconds(cell));
                interrupt.Add(kernel.InterruptMilliseconds());
                memory.Add(kernel.PeakMegabytes);
            }

            var result = new JsonObject
            {
                ["date"] = DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
                ["processor"] = TorchReport.ProcessorName(),
                ["cores"] = Environment.ProcessorCount,
                ["starts"] = starts,
                ["cells"] = cells,
                ["first_result_seconds_median"] = Quantile(first, 0.5),
                ["first_result_seconds_worst"] = Quantile(first, 1),
                ["cell_milliseconds_median"] = Quantile(warm, 0.5),
                ["cell_milliseconds_95th"] = Quantile(warm, 0.95),
                ["interrupt_milliseconds_median"] = Quantile(interrupt, 0.5),
                ["interrupt_milliseconds_worst"] = Quantile(interrupt, 1),
                ["peak_memory_mb"] = Quantile(memory, 1),
            };
            Console.WriteLine(BenchmarkResults.Write("kernel", result));
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Five free ports of the loopback.</summary>
    public static ConnectionFile Connection()
    {
        var listeners = Enumerable.Range(0, 5).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        listeners.ForEach(listener => listener.Start());
        var ports = listeners.ConvertAll(listener => ((IPEndPoint)listener.LocalEndpoint).Port);
        listeners.ForEach(listener => listener.Dispose());
        return new ConnectionFile("127.0.0.1", ports[0], ports[1], ports[2], ports[3], ports[4]);
    }

    private static double Quantile(List<double> values, double share) =>
        Math.Round(values.Order().ElementAt((int)Math.Ceiling(share * values.Count) - 1), 2);
}
