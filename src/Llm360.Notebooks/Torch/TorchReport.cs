// The runtime environment: versions, BLAS, threads, devices, memory.
using System.Diagnostics;
using System.Runtime.InteropServices;
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>A description of the loaded LibTorch and of the machine.</summary>
/// <param name="TorchSharp">Version of the binding.</param>
/// <param name="LibTorch">Version of LibTorch.</param>
/// <param name="Folder">The folder that LibTorch was loaded from.</param>
/// <param name="BindingPatched">Whether the GLIBCXX requirement was made weak.</param>
/// <param name="AmdSwitch">MKL's fast path on AMD processors.</param>
/// <param name="Processor">Name of the processor.</param>
/// <param name="Blas">The matrix library inside LibTorch; null if unknown.</param>
/// <param name="Threads">Threads of one operator.</param>
/// <param name="Device">The device that <see cref="Device.Best"/> gives.</param>
/// <param name="MemoryBytes">Memory this process may use.</param>
/// <param name="ProductGflops">
/// Measured rate of a 1024 x 1024 x 1024 float32 matrix product on the CPU.
/// </param>
/// <param name="ProductError">Its largest relative error against float64.</param>
internal sealed record TorchReport(
    string TorchSharp,
    string LibTorch,
    string Folder,
    bool BindingPatched,
    AmdSwitchState AmdSwitch,
    string Processor,
    string? Blas,
    int Threads,
    string Device,
    long MemoryBytes,
    double ProductGflops,
    double ProductError)
{
    /// <summary>Loads LibTorch, measures one product and describes the environment.</summary>
    /// <exception cref="Llm360Exception">LibTorch cannot be loaded.</exception>
    public static TorchReport Describe()
    {
        Notebooks.LibTorch.Load();
        var (gflops, error) = MeasureProduct(1024);
        return new TorchReport(
            LibTorchLocations.TorchSharpVersion,
            LibTorchLocations.LibTorchVersion,
            Notebooks.LibTorch.Folder,
            Notebooks.LibTorch.BindingPatched,
            Notebooks.LibTorch.AmdSwitch,
            ProcessorName(),
            Notebooks.LibTorch.Blas,
            Notebooks.LibTorch.Threads,
            Notebooks.Device.Best.ToString(),
            GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
            gflops,
            error);
    }

    private static (double Gflops, double Error) MeasureProduct(int n)
    {
        using var scope = torch.NewDisposeScope();
        using var noGradients = torch.no_grad();
        using var generator = new torch.Generator(1);
        var a = torch.randn([n, n], generator: generator);
        var b = torch.randn([n, n], generator: generator);
        var product = torch.mm(a, b);
        var exact = torch.mm(a.to(torch.float64), b.to(torch.float64));
        var error = ((product.to(torch.float64) - exact).abs().max() / exact.abs().max()).item<double>();
        const int repeats = 8;
        var best = double.MaxValue;
        for (var i = 0; i < repeats; i++)
        {
            var start = Stopwatch.GetTimestamp();
            torch.mm(a, b).Dispose();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return (2.0 * n * n * n / best / 1e9, error);
    }

    /// <summary>Name of the processor.</summary>
    public static string ProcessorName()
    {
        const string info = "/proc/cpuinfo";
        var line = File.Exists(info)
            ? File.ReadLines(info).FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal)) : null;
        var name = line?.Split(':', 2)[1].Trim();
        return name ?? RuntimeInformation.ProcessArchitecture.ToString();
    }
}
