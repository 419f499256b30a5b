// The format of torch.save since PyTorch 1.6: a zip archive, a pickle and one entry per storage.
using System.Globalization;
using System.IO.Hashing;
using System.Text;

namespace Llm360.Notebooks;

internal static class ZipCheckpoint
{
    private const string PickleName = "data.pkl";

    /// <exception cref="WeightsException">The file is refused.</exception>
    public static FileContent Read(MappedFile file)
    {
        var entries = ZipDirectory.Read(file);
        var pickles = entries.Values.Where(e => e.Name.EndsWith("/" + PickleName, StringComparison.Ordinal)
            && e.Name.IndexOf('/', StringComparison.Ordinal) == e.Name.Length - PickleName.Length - 1).ToList();
        if (pickles is not [var pickle])
            throw Corrupt($"The archive has {pickles.Count} {PickleName}, and a checkpoint has one.");
        var root = pickle.Name[..^PickleName.Length];
        CheckByteOrder();

        if (pickle.Length > PickleReader.LargestLength)
            throw Corrupt($"Its pickle has {pickle.Length} bytes; {PickleReader.LargestLength} are allowed.", $"entry {pickle.Name}");
        var bytes = file.Span(pickle.Begin, pickle.Length);
        if (Crc32.HashToUInt32(bytes) != pickle.Checksum)
            throw Corrupt("The pickle's checksum is wrong.", $"entry {pickle.Name}");
        var tree = new TensorTree(file.Path, Resolve);
        var value = tree.Walk(new PickleReader(bytes, file.Path, pickle.Begin).Read());
        return new FileContent("PyTorch zip", [.. tree.Entries], new Dictionary<string, string>(), value);

        TensorEntry Resolve(PickledTensor tensor, string path)
        {
            var storage = tensor.Storage;
            if (!entries.TryGetValue($"{root}data/{storage.Key}", out var entry) || !IsPlain(storage.Key))
                throw Corrupt($"The storage {storage.Key} is not in the archive.", $"tensor {path}");
            if (entry.Length != storage.KeyLength || storage.Count != storage.KeyCount)
            {
                var what = string.Create(
                    CultureInfo.InvariantCulture,
                    $"A storage of {storage.KeyCount} elements of {storage.DType} has {entry.Length} bytes.");
                throw Corrupt(what, $"tensor {path}, entry {entry.Name}");
            }

            return tensor.ToEntry(path, file.Path, storage.Key, entry.Begin);
        }

        void CheckByteOrder()
        {
            if (!entries.TryGetValue(root + "byteorder", out var entry))
                return;
            var order = Encoding.Latin1.GetString(file.Span(entry.Begin, Math.Min(entry.Length, 16)));
            if (order == "big")
                throw new WeightsException(WeightsFault.Unsupported, "The checkpoint is big-endian.", file.Path);
            if (order != "little")
                throw Corrupt("The byte order is neither little nor big.", $"entry {entry.Name}");
        }

        WeightsException Corrupt(string what, string? place = null) => new(WeightsFault.Corrupt, what, file.Path, place);
    }

    private static bool IsPlain(string key) => key.Length > 0 && !key.Contains('/', StringComparison.Ordinal);
}
