// Cells as arrays of a safetensors file.
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>
/// Cells of named arrays, one safetensors file each. Python's <c>safetensors</c> reads them.
/// </summary>
/// <remarks>
/// A cell that is read is copied into its own memory on the CPU. The caller disposes its tensors.
/// <see cref="ResultStore{T}.PathOf"/> and <see cref="StateDict.Open"/> map it instead.
/// </remarks>
public sealed class TensorCells : CellCodec<IReadOnlyDictionary<string, torch.Tensor>>
{
    private const string Remedy = "Put back a copy of the file, or delete it: its analysis computes it again.";

    /// <inheritdoc/>
    public override string Extension => ".safetensors";

    /// <inheritdoc/>
    public override void Write(
        Stream stream, IReadOnlyDictionary<string, torch.Tensor> content, IReadOnlyDictionary<string, string> metadata)
    {
        ArgumentNullException.ThrowIfNull(content);
        // Ordered by name: the bytes must not depend on the order in which tensors were added.
        SafetensorsWriter.Write(stream, [.. content.OrderBy(t => t.Key, StringComparer.Ordinal).Select(t => (t.Key, t.Value))], metadata);
    }

    /// <inheritdoc/>
    public override Task<IReadOnlyDictionary<string, torch.Tensor>> ReadAsync(string path, CancellationToken cancellation)
    {
        LibTorch.Load();
        using var file = Open(path);
        IReadOnlyDictionary<string, torch.Tensor> tensors = file.Entries.Keys.ToDictionary(name => name, name =>
        {
            using var view = file.View(name);
            return view.clone();
        });
        return Task.FromResult(tensors);
    }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string>? ReadMetadata(string path)
    {
        if (!File.Exists(path))
            return null;
        using var file = Open(path);
        return file.Metadata;
    }

    /// <inheritdoc/>
    public override void Release(IReadOnlyDictionary<string, torch.Tensor> content)
    {
        foreach (var tensor in content.Values)
            tensor.Dispose();
    }

    private static StateDict Open(string path)
    {
        try
        {
            return StateDict.Open(path);
        }
        catch (Llm360Exception e)
        {
            throw new Llm360Exception(e.What, e.Where, Remedy, e);
        }
    }
}
