// The files of a checkpoint and their formats.
using System.Buffers.Binary;

namespace Llm360.Notebooks;

/// <summary>Finds and reads the files of a checkpoint.</summary>
internal static class WeightFiles
{
    private const string IndexEnding = ".index.json";

    // An index comes first, because the file beside it may be one of its shards.
    private static readonly string[] Names =
        ["model.safetensors" + IndexEnding, "model.safetensors", "pytorch_model.bin" + IndexEnding, "pytorch_model.bin"];

    /// <summary>The weights file or index of a folder, or the file itself.</summary>
    /// <exception cref="Llm360Exception">There is none.</exception>
    public static string Find(string path)
    {
        path = Path.GetFullPath(path);
        if (File.Exists(path))
            return path;
        if (!Directory.Exists(path))
        {
            throw new Llm360Exception(
                "There is no such file or folder.", path, "Name a weights file, its index, or a checkpoint's folder.");
        }

        return Choose(n => File.Exists(Path.Combine(path, n))) is { } name ? Path.Combine(path, name)
            : throw new Llm360Exception(
                "The folder holds no weights.", path, $"A checkpoint has one of {string.Join(", ", Names)}; this has {Content(path)}.");
    }

    /// <summary>
    /// The name of the weights file or index to read if there are several; null if there is none.
    /// </summary>
    public static string? Choose(Func<string, bool> isThere) => Names.FirstOrDefault(isThere);

    /// <summary>Whether a folder has weights, with all their shards.</summary>
    public static bool AreComplete(string folder) =>
        Choose(n => File.Exists(Path.Combine(folder, n))) is not null && FilesOf(folder).All(IsThere);

    // In .NET, a link to a missing file exists.
    private static bool IsThere(string path) =>
        File.Exists(path) && (File.ResolveLinkTarget(path, returnFinalTarget: true)?.Exists ?? true);

    /// <summary>
    /// The files with a checkpoint's tensors, in the order of their names; without the index.
    /// </summary>
    /// <exception cref="Llm360Exception">The folder holds none.</exception>
    public static IReadOnlyList<string> FilesOf(string folder)
    {
        var path = Find(folder);
        if (!IsIndex(path))
            return [path];
        var shards = ShardIndex.Read(path).Values.Distinct().Order(StringComparer.Ordinal);
        return [.. shards.Select(shard => Path.Combine(Path.GetDirectoryName(path)!, shard))];
    }

    public static bool IsIndex(string path) => path.EndsWith(IndexEnding, StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// Whether a file has the name of a shard: <c>model-00001-of-00003.safetensors</c> is a shard
    /// of <c>model.safetensors.index.json</c>.
    /// </summary>
    public static bool IsShardOf(string name, string index)
    {
        var whole = index[..^IndexEnding.Length];
        return name.StartsWith(Path.GetFileNameWithoutExtension(whole) + "-", StringComparison.Ordinal)
            && name.EndsWith(Path.GetExtension(whole), StringComparison.Ordinal);
    }

    /// <summary>Reads one file in the format that its first bytes indicate.</summary>
    /// <exception cref="WeightsException">The file is refused.</exception>
    public static FileContent Read(MappedFile file)
    {
        if (file.Path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase) || LooksLikeSafetensors(file))
            return SafetensorsHeader.Read(file);
        return file.Length >= 2 && file.Span(0, 2).SequenceEqual("PK"u8) ? ZipCheckpoint.Read(file) : LegacyCheckpoint.Read(file);
    }

    private static bool LooksLikeSafetensors(MappedFile file) =>
        file.Length > 8 && file.Span(8, 1)[0] == '{' && BinaryPrimitives.ReadUInt64LittleEndian(file.Span(0, 8)) <= (ulong)file.Length;

    private static string Content(string folder)
    {
        const int shown = 8;
        var names = Directory.EnumerateFileSystemEntries(folder).Select(e => Path.GetFileName(e))
            .Order(StringComparer.Ordinal).Take(shown + 1).ToList();
        return names.Count == 0 ? "nothing" : string.Join(", ", names.Take(shown)) + (names.Count > shown ? ", ..." : "");
    }
}
