// A safetensors file mapped into memory: tensors are views of it, nothing is copied.
using System.IO.MemoryMappedFiles;

namespace Llm360.Notebooks.Weights;

/// <summary>A mapped safetensors file.</summary>
/// <remarks>Tensors from <see cref="View"/> point into the mapping: they are read-only and must not be used after <see cref="Dispose"/>.</remarks>
public sealed class SafetensorsFile : IDisposable
{
    private readonly MemoryMappedFile mapping;
    private readonly MemoryMappedViewAccessor view;

    private SafetensorsFile(string path, IReadOnlyDictionary<string, TensorEntry> entries, IReadOnlyDictionary<string, string> metadata, MemoryMappedFile mapping, MemoryMappedViewAccessor view)
    {
        Path = path;
        Entries = entries;
        Metadata = metadata;
        this.mapping = mapping;
        this.view = view;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The tensors by name.</summary>
    public IReadOnlyDictionary<string, TensorEntry> Entries { get; }

    /// <summary>The header's <c>__metadata__</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Opens and checks a file; no tensor data is read.</summary>
    /// <exception cref="Llm360Exception">The file is missing, truncated or malformed.</exception>
    public static SafetensorsFile Open(string path)
    {
        FileStream stream;
        try
        {
            stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new Llm360Exception($"The weights cannot be opened: {e.Message}", path, "Check the folder; a checkpoint holds config.json and model.safetensors.", e);
        }

        try
        {
            var (entries, metadata) = SafetensorsHeader.Read(stream, path);
            var mapping = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
            return new SafetensorsFile(path, entries, metadata, mapping, mapping.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read));
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>A tensor of the file, on the CPU, without a copy where its place allows (else copied to an aligned one).</summary>
    /// <exception cref="Llm360Exception">There is none of that name.</exception>
    public unsafe TorchSharp.torch.Tensor View(string name)
    {
        if (!Entries.TryGetValue(name, out var entry))
            throw new Llm360Exception($"The file has no tensor {name}.", Path, $"It has {Entries.Count}: {string.Join(", ", Entries.Keys.Take(5))}, ...");
        var data = (byte*)view.SafeMemoryMappedViewHandle.DangerousGetHandle() + entry.Begin;
        if (entry.Length > 0 && (nuint)data % (nuint)SafetensorsTypes.All[entry.DType].Size == 0)
            return MappedTensor.Create(data, [.. entry.Shape], entry.ScalarType);
        var copy = TorchSharp.torch.empty([.. entry.Shape], entry.ScalarType);
        new ReadOnlySpan<byte>(data, checked((int)entry.Length)).CopyTo(copy.bytes);
        return copy;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        view.Dispose();
        mapping.Dispose();
    }
}
