// Writes safetensors files that every other reader accepts.
using System.Buffers.Binary;
using System.Text.Json;
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>Writes safetensors files.</summary>
public static class SafetensorsWriter
{
    /// <summary>
    /// Elements copied out of a tensor at a time; a whole tensor may have more bytes than an array.
    /// </summary>
    private const long BlockLength = 1 << 24;

    /// <summary>Writes tensors in the given order, completely or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tensors">Tensors on any device; made contiguous if they are not.</param>
    /// <param name="metadata">
    /// Strings for the header; <c>format: pt</c> is added, which <c>transformers</c> requires.
    /// </param>
    /// <exception cref="Llm360Exception">The file cannot be written.</exception>
    public static void Write(
        string path,
        IReadOnlyList<(string Name, torch.Tensor Tensor)> tensors,
        IReadOnlyDictionary<string, string>? metadata = null) =>
        Write(path, [.. tensors.Select(t => (t.Name, t.Tensor.dtype, t.Tensor.shape))], i => tensors[i].Tensor.alias(), metadata);

    /// <summary>
    /// Writes tensors that are made one at a time, completely or not at all. Only one tensor is in
    /// memory.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="tensors">Name, type and shape of each, in order.</param>
    /// <param name="make">
    /// Makes the tensor with an index; it is disposed after it is written.
    /// </param>
    /// <param name="metadata">Strings for the header; <c>format: pt</c> is added.</param>
    /// <exception cref="Llm360Exception">The file cannot be written.</exception>
    public static void Write(
        string path,
        IReadOnlyList<(string Name, torch.ScalarType Type, long[] Shape)> tensors,
        Func<int, torch.Tensor> make,
        IReadOnlyDictionary<string, string>? metadata = null) =>
        AtomicFile.Write(path, stream => Write(stream, tensors, make, metadata));

    /// <summary>Writes tensors to a stream.</summary>
    internal static void Write(
        Stream stream, IReadOnlyList<(string Name, torch.Tensor Tensor)> tensors, IReadOnlyDictionary<string, string>? metadata) =>
        Write(stream, [.. tensors.Select(t => (t.Name, t.Tensor.dtype, t.Tensor.shape))], i => tensors[i].Tensor.alias(), metadata);

    private static void Write(
        Stream stream,
        IReadOnlyList<(string Name, torch.ScalarType Type, long[] Shape)> tensors,
        Func<int, torch.Tensor> make,
        IReadOnlyDictionary<string, string>? metadata)
    {
        stream.Write(Header(tensors, metadata));
        foreach (var (i, (name, type, shape)) in tensors.Index())
        {
            using var scope = torch.NewDisposeScope();
            var tensor = make(i);
            if (tensor.dtype != type || !tensor.shape.SequenceEqual(shape))
            {
                var made = $"Tensor {name} is {tensor.dtype} [{string.Join(", ", tensor.shape)}]";
                throw new ArgumentException($"{made}, not {type} [{string.Join(", ", shape)}].", nameof(make));
            }

            WriteElements(stream, tensor);
        }
    }

    /// <summary>Writes the elements of a tensor, row-major and little-endian.</summary>
    internal static void WriteElements(Stream stream, torch.Tensor tensor)
    {
        using var scope = torch.NewDisposeScope();
        var flat = tensor.detach().cpu().contiguous().view(-1);
        for (var at = 0L; at < flat.numel(); at += BlockLength)
        {
            using var piece = flat.narrow(0, at, Math.Min(BlockLength, flat.numel() - at));
            stream.Write(piece.bytes);
        }
    }

    private static byte[] Header(
        IReadOnlyList<(string Name, torch.ScalarType Type, long[] Shape)> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        using var buffer = new MemoryStream();
        buffer.Write(stackalloc byte[8]);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartObject("__metadata__");
            json.WriteString("format", "pt");
            foreach (var (key, value) in metadata ?? new Dictionary<string, string>())
                json.WriteString(key, value);
            json.WriteEndObject();
            var position = 0L;
            foreach (var (name, scalar, shape) in tensors)
            {
                var type = SafetensorsTypes.Name(scalar);
                var end = position + shape.Aggregate((long)SafetensorsTypes.All[type].Size, (a, b) => a * b);
                json.WriteStartObject(name);
                json.WriteString("dtype", type);
                json.WriteStartArray("shape");
                foreach (var n in shape)
                    json.WriteNumberValue(n);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(position);
                json.WriteNumberValue(end);
                json.WriteEndArray();
                json.WriteEndObject();
                position = end;
            }

            json.WriteEndObject();
        }

        // The data starts at a multiple of 64 bytes, so that every tensor can be mapped in place.
        while (buffer.Length % 64 != 0)
            buffer.WriteByte((byte)' ');
        var bytes = buffer.ToArray();
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, (ulong)(bytes.Length - 8));
        return bytes;
    }
}
