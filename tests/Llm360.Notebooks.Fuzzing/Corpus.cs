// The damaged inputs: every small checkpoint of the fixtures, good and bad, and single pickles.
using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Llm360.Notebooks.Fuzzing;

/// <summary>A damaged file and the name it must have.</summary>
internal readonly record struct Sample(string Name, byte[] Bytes);

internal sealed class Corpus
{
    private const int Largest = 100_000;

    private static readonly string[] Paths =
    [
        "../model.safetensors", "..\\model.safetensors", "/etc/passwd", "C:\\x.bin", "a/../b", "", ".", "..", "x\0y",
        "model.safetensors", "CON", "~/.ssh", "file:///x", "....//x",
    ];

    private readonly List<(string Name, byte[] Bytes)> bad = [];
    private readonly List<(string Name, byte[] Bytes)> good = [];
    private readonly List<byte[]> all, pickles = [];

    public Corpus()
    {
        var folder = Path.Combine(Workspace.Repository!, "tests", "fixtures", "weights");
        foreach (var path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            if (Path.GetExtension(path) == ".json" && !path.EndsWith(".index.json", StringComparison.Ordinal))
                continue;
            var bytes = File.ReadAllBytes(path);
            if (bytes.Length <= Largest)
            {
                var isIndex = path.EndsWith(".index.json", StringComparison.Ordinal);
                var isBad = Path.GetRelativePath(folder, path).StartsWith("bad", StringComparison.Ordinal);
                (isBad ? bad : good).Add((isIndex ? "model.safetensors.index.json" : "x" + Path.GetExtension(path), bytes));
            }

            if (PickleOf(bytes) is { } pickle)
                pickles.Add(pickle);
        }

        all = [.. good.Concat(bad).Select(f => f.Bytes)];
    }

    /// <summary>The case of a number. The same number always gives the same case.</summary>
    public Sample Case(int number)
    {
        var random = new Random(number);
        switch (random.Next(10))
        {
            // A checksum guards the pickle in an archive, so a damaged pickle gets a new archive.
            case 0 or 1 or 2:
                return new Sample("x.bin", Pickles.Archive(Mutation.Apply(pickles[random.Next(pickles.Count)], random, pickles)));
            case 3:
                return new Sample("x.bin", Pickles.Archive(Pickles.Random(random)));
            case 4:
                return new Sample("x.safetensors", Header(random));
            case 5:
                var path = System.Text.Json.JsonSerializer.Serialize(Paths[random.Next(Paths.Length)]);
                return new Sample("model.safetensors.index.json", Encoding.UTF8.GetBytes($$$"""{"weight_map": {"w": {{{path}}} }}"""));
            default:
                // Good files are damaged in deeper places than files that were bad before.
                var files = random.Next(4) == 0 ? bad : good;
                var (name, bytes) = files[random.Next(files.Count)];
                return new Sample(name, Mutation.Apply(bytes, random, all));
        }
    }

    // A header of the right length around JSON that is itself wrong.
    private static byte[] Header(Random random)
    {
        string[] numbers = ["0", "24", "-1", "1e3", "24.5", "9223372036854775807", "18446744073709551616", "null", "[]", "\"2\""];
        string Number() => numbers[random.Next(numbers.Length)];
        var depth = random.Next(4) == 0 ? random.Next(100_000) : 0;
        var shape = string.Join(",", Enumerable.Range(0, random.Next(4) == 0 ? random.Next(200) : random.Next(4)).Select(_ => Number()));
        var (begin, end) = (Number(), Number());
        var nested = depth > 0 ? $", \"x\": {new string('[', depth)}" : "";
        var json = $$$"""{"w": {"dtype": "F32", "shape": [{{{shape}}}], "data_offsets": [{{{begin}}},{{{end}}}]{{{nested}}} }}""";
        var bytes = new byte[8 + Encoding.UTF8.GetByteCount(json) + 24];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, bytes.Length - 32);
        Encoding.UTF8.GetBytes(json, bytes.AsSpan(8));
        return bytes;
    }

    private static byte[]? PickleOf(byte[] bytes)
    {
        try
        {
            using var zip = new ZipArchive(new MemoryStream(bytes), ZipArchiveMode.Read);
            using var entry = zip.Entries.First(e => e.FullName.EndsWith("/data.pkl", StringComparison.Ordinal)).Open();
            using var pickle = new MemoryStream();
            entry.CopyTo(pickle);
            return pickle.ToArray();
        }
        catch (Exception e) when (e is InvalidDataException or InvalidOperationException)
        {
            return null;
        }
    }
}
