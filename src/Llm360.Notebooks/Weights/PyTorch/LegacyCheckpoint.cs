// The format of torch.save before PyTorch 1.6: five pickles, then the storages one after another.
using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;

namespace Llm360.Notebooks;

internal sealed class LegacyCheckpoint
{
    private const long Protocol = 1001;
    private static readonly BigInteger Magic =
        BigInteger.Parse("1950A86A20F9469CFC6C", NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    private readonly MappedFile file;
    private readonly Dictionary<string, (int Order, Storage Storage)> storages = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> places = new(StringComparer.Ordinal);
    private long position;

    private LegacyCheckpoint(MappedFile file) => this.file = file;

    /// <exception cref="WeightsException">The file is refused.</exception>
    public static FileContent Read(MappedFile file) => new LegacyCheckpoint(file).Read();

    private FileContent Read()
    {
        if (!(Pickle(out _) is BigInteger magic && magic == Magic))
            throw Corrupt("It does not begin as a PyTorch checkpoint does: neither a zip archive nor the older format.");
        if (Pickle(out _) is not Protocol)
            throw Unsupported($"Its format is not version {Protocol}.");
        if (Pickle(out _) is not PythonDictionary system || !system.TryGet("little_endian", out var little) || little is not bool isLittle)
            throw Corrupt("The description of the machine it was saved on is broken.");
        if (!isLittle)
            throw Unsupported("The checkpoint is big-endian.");
        var value = Pickle(out var used);
        foreach (var storage in used)
        {
            if (!storages.TryAdd(storage.Key, (storages.Count, storage)) && storages[storage.Key].Storage.KeyLength != storage.KeyLength)
                throw Corrupt($"The storage {storage.Key} is said to have two lengths.");
        }

        FindStorages(Pickle(out _) as List<object?> ?? throw Corrupt("The list of storages is broken."));
        var tree = new TensorTree(file.Path, Resolve);
        value = tree.Walk(value);
        return new FileContent("PyTorch before 1.6", [.. tree.Entries], new Dictionary<string, string>(), value);
    }

    // Each storage consists of its element count, 8 bytes, and the elements.
    private void FindStorages(List<object?> keys)
    {
        foreach (var item in keys)
        {
            if (item is not string key || !storages.TryGetValue(key, out var known) || places.ContainsKey(key))
                throw Corrupt("The list of storages does not fit the tensors.");
            if (file.Length - position < sizeof(long))
                throw Corrupt("The file ends before its storages do.");
            var count = BinaryPrimitives.ReadInt64LittleEndian(file.Span(position, sizeof(long)));
            if (count != known.Storage.KeyCount)
                throw Corrupt($"A storage has {count} elements, its tensor says {known.Storage.KeyCount}.");
            position += sizeof(long);
            if (known.Storage.KeyLength > file.Length - position)
                throw Corrupt("The file ends before its storages do.");
            places[key] = position;
            position += (long)known.Storage.KeyLength;
        }

        if (position != file.Length)
            throw Corrupt($"{file.Length - position} bytes follow the last storage.");
    }

    private TensorEntry Resolve(PickledTensor tensor, string path)
    {
        if (!places.TryGetValue(tensor.Storage.Key, out var begin))
            throw Corrupt($"The storage {tensor.Storage.Key} of tensor {path} is not in the file.");
        return tensor.ToEntry(path, file.Path, storages[tensor.Storage.Key].Order.ToString(CultureInfo.InvariantCulture), begin);
    }

    private object? Pickle(out IReadOnlyList<Storage> used)
    {
        var length = Math.Min(file.Length - position, PickleReader.LargestLength);
        var reader = new PickleReader(file.Span(position, length), file.Path, position);
        var read = reader.Read();
        position += reader.Position;
        used = reader.Storages;
        return read;
    }

    private WeightsException Corrupt(string what) => new(WeightsFault.Corrupt, what, file.Path, $"byte {position}");

    private WeightsException Unsupported(string what) => new(WeightsFault.Unsupported, what, file.Path);
}
