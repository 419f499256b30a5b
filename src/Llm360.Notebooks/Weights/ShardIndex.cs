// The index of a checkpoint in several files: the file of each tensor.
namespace Llm360.Notebooks;

/// <summary>
/// <c>model.safetensors.index.json</c> and <c>pytorch_model.bin.index.json</c>: <c>{"weight_map":
/// {name: file}}</c>.
/// </summary>
internal static class ShardIndex
{
    private static readonly JsonKind Kind = new("The index of the shards", 100_000_000, "") { MakeError = Corrupt };

    /// <summary>Reads an index.</summary>
    /// <returns>File name by tensor; a file name is a plain name in the index's folder.</returns>
    /// <exception cref="WeightsException">
    /// The index is broken or names files outside its folder.
    /// </exception>
    public static IReadOnlyDictionary<string, string> Read(string path)
    {
        using var json = JsonInput.Document(path, Kind);
        var map = JsonPlace.Root(json, path, Kind)["weight_map"].Members().ToDictionary(m => m.Key, m => m.Value.Text());
        return map.Values.FirstOrDefault(f => !IsPlain(f)) is { } wrong
            ? throw Corrupt($"\"{wrong}\" is no plain file name", path, null)
            : map;
    }

    private static WeightsException Corrupt(string how, string where, Exception? inner) =>
        new(WeightsFault.Corrupt, $"The index of the shards is broken: {how}.", where, null, inner);

    // Rejects separators and drives of every operating system.
    private static bool IsPlain(string name) => name.Length > 0 && name is not ("." or "..") && name.IndexOfAny(['/', '\\', ':', '\0']) < 0;
}
