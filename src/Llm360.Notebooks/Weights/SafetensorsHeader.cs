// Reading and checking the header of a safetensors file before a byte of data is touched.
using System.Buffers.Binary;
using System.Text.Json;

namespace Llm360.Notebooks.Weights;

/// <summary>The header: 8 bytes of length, then JSON of name to type, shape and place.</summary>
internal static class SafetensorsHeader
{
    private const long LargestHeader = 100_000_000;

    public static (IReadOnlyDictionary<string, TensorEntry> Entries, IReadOnlyDictionary<string, string> Metadata) Read(Stream stream, string path)
    {
        Span<byte> prefix = stackalloc byte[8];
        if (stream.Length < 8)
            throw Corrupt($"it has {stream.Length} bytes, less than the 8 of a header length");
        stream.ReadExactly(prefix);
        var headerLength = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (headerLength > LargestHeader || (long)headerLength > stream.Length - 8)
            throw Corrupt($"its header claims {headerLength} bytes; the file has {stream.Length - 8} after the length, and {LargestHeader} are allowed", "byte 0");
        var header = new byte[headerLength];
        stream.ReadExactly(header);

        var entries = new Dictionary<string, TensorEntry>(StringComparer.Ordinal);
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            using var json = JsonDocument.Parse(header, new JsonDocumentOptions { AllowDuplicateProperties = false });
            foreach (var property in json.RootElement.EnumerateObject())
            {
                if (property.Name == "__metadata__")
                    foreach (var pair in property.Value.EnumerateObject())
                        metadata.Add(pair.Name, pair.Value.GetString() ?? throw Corrupt("its metadata holds null", pair.Name));
                else
                    entries.Add(property.Name, Entry(property, 8 + (long)headerLength));
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            throw Corrupt($"its header is not what safetensors writes: {e.Message}", "header", e);
        }

        CheckLayout();
        return (entries, metadata);

        TensorEntry Entry(JsonProperty property, long dataStart)
        {
            var type = property.Value.GetProperty("dtype").GetString() ?? "";
            if (!SafetensorsTypes.All.TryGetValue(type, out var known))
                throw new Llm360Exception($"The tensor's element type {type} is not supported.", $"{path}, tensor {property.Name}", $"Convert it to one of {string.Join(", ", SafetensorsTypes.All.Keys)}.");
            var shape = property.Value.GetProperty("shape").EnumerateArray().Select(n => n.GetInt64()).ToArray();
            var offsets = property.Value.GetProperty("data_offsets").EnumerateArray().Select(n => n.GetInt64()).ToArray();
            if (offsets.Length != 2 || shape.Any(n => n < 0))
                throw Corrupt("its shape or offsets make no sense", $"tensor {property.Name}");
            Int128 bytes = shape.Aggregate((Int128)known.Size, (product, n) => product > long.MaxValue ? product : product * n);
            var (begin, end) = (offsets[0], offsets[1]);
            if (begin < 0 || end < begin || end > stream.Length - dataStart || end - begin != bytes)
                throw Corrupt($"its bytes {begin} to {end} do not fit shape [{string.Join(", ", shape)}] of {type} in a file with {stream.Length - dataStart} bytes of data", $"tensor {property.Name}");
            return new TensorEntry(property.Name, type, shape, dataStart + begin, end - begin);
        }

        void CheckLayout()
        {
            var position = 8 + (long)headerLength;
            foreach (var entry in entries.Values.OrderBy(e => e.Begin).ThenBy(e => e.Length))
            {
                if (entry.Begin != position)
                    throw Corrupt($"the data has a gap or an overlap at byte {position}", $"tensor {entry.Name}");
                position += entry.Length;
            }

            if (position != stream.Length)
                throw Corrupt($"{stream.Length - position} bytes follow the last tensor", $"byte {position}");
        }

        Llm360Exception Corrupt(string how, string? place = null, Exception? inner = null) =>
            new($"This is not a whole safetensors file: {how}.", place is null ? path : $"{path}, {place}", "Fetch or write the file again.", inner);
    }
}
