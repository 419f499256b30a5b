// The tensors of a checkpoint by name, mapped from its files.
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>
/// A checkpoint's tensors by name, mapped from its files: safetensors or the formats of
/// <c>torch.save</c>, in one file or in shards with an index.
/// </summary>
/// <remarks>
/// Opening checks the files and reads no tensor. Nothing from a file is ever executed. Tensors from
/// <see cref="View"/> point into the mapped files. They are read-only and must not be used after
/// <see cref="Dispose"/>. A file must not be shortened while it is open.
/// </remarks>
public sealed class StateDict : IDisposable
{
    private readonly Dictionary<string, MappedFile> files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TensorEntry> entries = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> metadata = new(StringComparer.Ordinal);

    private StateDict(string path) => Path = path;

    /// <summary>The file or index that was opened.</summary>
    public string Path { get; }

    /// <summary>For display: safetensors, PyTorch zip, PyTorch before 1.6.</summary>
    public string Format { get; private set; } = "";

    /// <summary>The files with tensors.</summary>
    public IReadOnlyList<string> Files => [.. files.Keys];

    /// <summary>
    /// The tensors by name, in the files' order. In nested pickles a name is a path: keys and list
    /// positions joined by <c>/</c>.
    /// </summary>
    public IReadOnlyDictionary<string, TensorEntry> Entries => entries;

    /// <summary>Safetensors' <c>__metadata__</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata => metadata;

    /// <summary>
    /// The pickled object, with a <see cref="TensorEntry"/> for each tensor; null for safetensors
    /// and for shards.
    /// </summary>
    /// <remarks>
    /// None, bool, int, float, str and bytes are null, bool, long or BigInteger, double, string and
    /// byte[]. A list is a list of objects. Other types are <see cref="PythonDictionary"/>,
    /// <see cref="PythonTuple"/>, <see cref="PythonName"/>, <see cref="TorchSize"/> and
    /// <see cref="TorchDevice"/>.
    /// </remarks>
    public object? Root { get; private set; }

    /// <summary>
    /// Opens a weights file, the index of shards, or a checkpoint's folder with either.
    /// </summary>
    /// <exception cref="WeightsException">
    /// A file is corrupt, has an unsupported format, or names something that no checkpoint needs.
    /// </exception>
    /// <exception cref="Llm360Exception">There is no such file.</exception>
    public static StateDict Open(string path)
    {
        var dict = new StateDict(WeightFiles.Find(path));
        try
        {
            if (WeightFiles.IsIndex(dict.Path))
                dict.OpenShards();
            else
                dict.Root = dict.OpenFile(dict.Path).Root;
            return dict;
        }
        catch
        {
            dict.Dispose();
            throw;
        }
    }

    /// <summary>
    /// A tensor on the CPU. It is copied only if its position in the file is not aligned.
    /// </summary>
    /// <exception cref="Llm360Exception">There is no tensor of that name.</exception>
    public torch.Tensor View(string name)
    {
        var entry = Entry(name);
        return MappedTensor.Create(FileOf(entry), entry);
    }

    /// <summary>The entry of a name.</summary>
    /// <exception cref="Llm360Exception">There is no tensor of that name.</exception>
    public TensorEntry Entry(string name)
    {
        if (entries.TryGetValue(name, out var entry))
            return entry;
        var names = string.Join(", ", entries.Keys.Take(5)) + (entries.Count > 5 ? ", ..." : "");
        throw new Llm360Exception($"There is no tensor {name}.", Path, $"There are {entries.Count}: {names}");
    }

    /// <summary>Checks that the tensors are those of a model.</summary>
    /// <param name="parameters">Name and shape of all required tensors.</param>
    /// <param name="isIgnored">Whether a tensor of another name may also exist.</param>
    /// <exception cref="Llm360Exception">
    /// Tensors are missing, unknown or misshapen. The error lists all of them.
    /// </exception>
    public void Check(IEnumerable<(string Name, long[] Shape)> parameters, Func<string, bool> isIgnored)
    {
        var wanted = parameters.ToDictionary(p => p.Name, p => p.Shape);
        var faults = wanted.Keys.Where(n => !entries.ContainsKey(n)).Select(n => $"missing {n}")
            .Concat(entries.Values.Where(e => wanted.TryGetValue(e.Name, out var shape) && !shape.SequenceEqual(e.Shape))
                .Select(e => $"{e.Name} has shape {e.ShapeText}, not [{string.Join(", ", wanted[e.Name])}]"))
            .Concat(entries.Keys.Where(n => !wanted.ContainsKey(n) && !isIgnored(n)).Select(n => $"unknown {n}"))
            .ToList();
        if (faults.Count > 0)
        {
            throw new Llm360Exception(
                $"The weights do not fit config.json: {string.Join("; ", faults)}.", Path,
                "Use the config.json and the weights of the same checkpoint.");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var file in files.Values)
            file.Dispose();
    }

    internal MappedFile FileOf(TensorEntry entry) => files[entry.File];

    private FileContent OpenFile(string path)
    {
        var file = files[path] = MappedFile.Open(path);
        var content = WeightFiles.Read(file);
        Format = content.Format;
        foreach (var entry in content.Entries)
            entries[entry.Name] = entry;
        foreach (var (key, value) in content.Metadata)
            metadata[key] = value;
        return content;
    }

    private void OpenShards()
    {
        var map = ShardIndex.Read(Path);
        var folder = System.IO.Path.GetDirectoryName(Path)!;
        foreach (var shard in map.Values.Distinct().Order(StringComparer.Ordinal))
        {
            var path = System.IO.Path.Combine(folder, shard);
            if (!File.Exists(path))
                throw Wrong($"The shard {shard} is not there.");
            var held = OpenFile(path).Entries.Select(e => e.Name).ToHashSet(StringComparer.Ordinal);
            if (map.FirstOrDefault(m => m.Value == shard && !held.Contains(m.Key)) is { Key: { } missing })
                throw Wrong($"The tensor {missing} is not in its shard {shard}.");
            if (held.FirstOrDefault(n => !map.TryGetValue(n, out var of) || of != shard) is { } extra)
                throw Wrong($"The shard {shard} has a tensor {extra} that the index does not place there.");
        }

        WeightsException Wrong(string what) => new(WeightsFault.Corrupt, what, Path);
    }
}
