// Reads and checks the header of a safetensors file before any data is read.
using System.Buffers.Binary;
using System.Text.Json;

namespace Llm360.Notebooks;

/// <summary>The header: 8 bytes of length, then JSON with type, shape and place by name.</summary>
internal static class SafetensorsHeader
{
    private const long LargestHeader = 100_000_000;
    private const string MetadataName = "__metadata__";

    public static FileContent Read(MappedFile file)
    {
        if (file.Length < 8)
            throw Corrupt($"it has {file.Length} bytes, less than the 8 of a header length");
        var headerLength = BinaryPrimitives.ReadUInt64LittleEndian(file.Span(0, 8));
        if (headerLength > LargestHeader || (long)headerLength > file.Length - 8)
        {
            throw Corrupt(
                $"its header claims {headerLength} bytes; the file has {file.Length - 8} after the length, "
                    + $"and {LargestHeader} are allowed",
                "byte 0");
        }

        var dataStart = 8 + (long)headerLength;

        var entries = new List<TensorEntry>();
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            var options = new JsonDocumentOptions { AllowDuplicateProperties = false };
            using var json = JsonDocument.Parse(file.Span(8, (long)headerLength).ToArray(), options);
            foreach (var property in json.RootElement.EnumerateObject())
            {
                if (property.Name == MetadataName)
                    foreach (var pair in property.Value.EnumerateObject())
                        metadata.Add(pair.Name, pair.Value.GetString() ?? throw Corrupt("its metadata holds null", pair.Name));
                else
                    entries.Add(Entry(property));
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            throw Corrupt($"its header is not what safetensors writes: {e.Message}", "header", e);
        }

        CheckLayout();
        return new FileContent("safetensors", entries, metadata, null);

        TensorEntry Entry(JsonProperty property)
        {
            var type = property.Value.GetProperty("dtype").GetString() ?? "";
            if (!SafetensorsTypes.All.TryGetValue(type, out var known))
            {
                throw new WeightsException(
                    WeightsFault.Unsupported, $"The element type {type} is not read.", file.Path, $"tensor {property.Name}");
            }

            var shape = property.Value.GetProperty("shape").EnumerateArray().Select(n => n.GetInt64()).ToArray();
            var offsets = property.Value.GetProperty("data_offsets").EnumerateArray().Select(n => n.GetInt64()).ToArray();
            if (offsets.Length != 2 || shape.Any(n => n < 0) || shape.Length > SafetensorsTypes.LargestRank)
                throw Corrupt("its shape or offsets make no sense", $"tensor {property.Name}");
            Int128 bytes = shape.Aggregate((Int128)known.Size, (product, n) => product > long.MaxValue ? product : product * n);
            var (begin, end) = (offsets[0], offsets[1]);
            if (begin < 0 || end < begin || end > file.Length - dataStart || end - begin != bytes)
            {
                throw Corrupt(
                    $"its bytes {begin} to {end} do not fit shape [{string.Join(", ", shape)}] of {type} "
                        + $"in a file with {file.Length - dataStart} bytes of data",
                    $"tensor {property.Name}");
            }

            return new TensorEntry(property.Name, type, shape, file.Path, dataStart + begin);
        }

        void CheckLayout()
        {
            var position = dataStart;
            foreach (var entry in entries.OrderBy(e => e.Begin).ThenBy(e => e.Length))
            {
                if (entry.Begin != position)
                    throw Corrupt($"the data has a gap or an overlap at byte {position}", $"tensor {entry.Name}");
                position += entry.Length;
            }

            if (position != file.Length)
                throw Corrupt($"{file.Length - position} bytes follow the last tensor", $"byte {position}");
        }

        WeightsException Corrupt(string how, string? place = null, Exception? inner = null) =>
            new(WeightsFault.Corrupt, $"This is not a whole safetensors file: {how}.", file.Path, place, inner);
    }
}
