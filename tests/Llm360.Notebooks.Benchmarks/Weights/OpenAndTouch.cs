// Opens a checkpoint of 1 GiB and reads every byte of it, against a plain read of the same bytes.
using System.Numerics;
using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;

namespace Llm360.Notebooks.Benchmarks.Weights;

/// <summary>The files are in the page cache. Every side sums all bytes, so that each byte is really
/// read.</summary>
public class OpenAndTouch
{
    /// <summary>Folder with the files, set before the run.</summary>
    internal static string Folder { get; set; } = "";

    internal static string Safetensors => Path.Combine(Folder, "model.safetensors");

    internal static string Bin => Path.Combine(Folder, "pytorch_model.bin");

    [Benchmark(Baseline = true, Description = "plain sequential read, pieces of 1 MiB")]
    public long Read() => SumOfRead(Safetensors);

    [Benchmark(Description = "open and touch, safetensors")]
    public long TouchSafetensors() => SumOfTensors(Safetensors);

    [Benchmark(Description = "open and touch, torch.save's zip")]
    public long TouchZip() => SumOfTensors(Bin);

    [Benchmark(Description = "open only, safetensors")]
    public int OpenSafetensors() => Count(Safetensors);

    [Benchmark(Description = "open only, torch.save's zip")]
    public int OpenZip() => Count(Bin);

    internal static long SumOfRead(string path)
    {
        using var file = File.OpenHandle(path, options: FileOptions.SequentialScan);
        var buffer = new byte[1 << 20];
        long sum = 0, at = 0;
        for (int n; (n = RandomAccess.Read(file, buffer, at)) > 0; at += n)
            sum += Sum(buffer.AsSpan(0, n));
        return sum;
    }

    internal static long SumOfTensors(string path)
    {
        using var weights = StateDict.Open(path);
        var sum = 0L;
        foreach (var name in weights.Entries.Keys)
        {
            using var view = weights.View(name);
            sum += Sum(view.bytes);
        }

        return sum;
    }

    private static int Count(string path)
    {
        using var weights = StateDict.Open(path);
        return weights.Entries.Count;
    }

    private static long Sum(ReadOnlySpan<byte> bytes)
    {
        var vectors = MemoryMarshal.Cast<byte, Vector<long>>(bytes);
        Vector<long> a = default, b = default;
        for (var i = 0; i + 1 < vectors.Length; i += 2)
        {
            a += vectors[i];
            b += vectors[i + 1];
        }

        return Vector.Sum(a + b);
    }
}
