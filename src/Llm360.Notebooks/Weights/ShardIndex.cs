// The index of a checkpoint in several files: which tensor lies in which.
using System.Text.Json;

namespace Llm360.Notebooks.Weights;

/// <summary><c>model.safetensors.index.json</c> and <c>pytorch_model.bin.index.json</c>: <c>{"weight_map": {name: file}}</c>.</summary>
internal static class ShardIndex
{
    private const long LargestLength = 100_000_000;

    /// <summary>Reads an index.</summary>
    /// <returns>File name by tensor; a file name is a plain name in the index's folder.</returns>
    /// <exception cref="WeightsException">The index is broken or names files outside its folder.</exception>
    public static IReadOnlyDictionary<string, string> Read(string path)
    {
        if (new FileInfo(path).Length > LargestLength)
            throw Corrupt($"it has more than {LargestLength} bytes");
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path), new JsonDocumentOptions { AllowDuplicateProperties = false });
            var map = json.RootElement.GetProperty("weight_map").EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString() ?? "");
            return map.Values.FirstOrDefault(f => !IsPlain(f)) is { } wrong ? throw Corrupt($"\"{wrong}\" is no plain file name") : map;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw Corrupt(e.Message, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new Llm360Exception($"The index cannot be opened: {e.Message}", path, "Check the path and its permissions.", e);
        }

        WeightsException Corrupt(string how, Exception? inner = null) => new(WeightsFault.Corrupt, $"The index of the shards is broken: {how}.", path, null, inner);
    }

    // Separators and drives of every system, wherever this runs.
    private static bool IsPlain(string name) => name.Length > 0 && name is not ("." or "..") && name.IndexOfAny(['/', '\\', ':', '\0']) < 0;
}
