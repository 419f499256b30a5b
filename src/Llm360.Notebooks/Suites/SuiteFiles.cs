// The list of a suite's files, files.json: name, size and hash of each file that training wrote.
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Llm360.Notebooks;

/// <summary>One file of a suite.</summary>
/// <param name="Path">Relative to the suite's folder, with '/'.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Sha256">SHA-256 of the content, 64 lower-case hexadecimal digits.</param>
/// <param name="Found">
/// True for a file that was recorded as found on disk, not when it was written; else null.
/// </param>
internal sealed record SuiteFile(string Path, long Size, string Sha256, bool? Found = null);

/// <summary>The list of a suite's files.</summary>
/// <remarks>
/// <paramref name="Next"/> makes a checkpoint and its log one change. It is written before the
/// files are moved into place, and merged into <paramref name="Files"/> afterwards. If training is
/// killed in between, a file may have the content of either list.
/// </remarks>
/// <param name="Format">Version of this format, <see cref="CurrentFormat"/>.</param>
/// <param name="Files">The files that are in place, ordered by path.</param>
/// <param name="Next">
/// The files that a running training is about to put in place; null at all other times.
/// </param>
internal sealed record SuiteFiles(int Format, IReadOnlyList<SuiteFile> Files, IReadOnlyList<SuiteFile>? Next = null)
{
    /// <summary>The version that this kit reads and writes.</summary>
    public const int CurrentFormat = 1;

    // A thousand checkpoints and chunks need about 1 MB.
    private static readonly JsonKind Kind = new(
        "The list of the suite's files",
        64 << 20,
        "Put back a copy of the list, or take it away: the suite opens without it, but cannot be checked.");

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        AllowDuplicateProperties = false,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        WriteIndented = true,
    };

    /// <summary>Reads the list of a suite.</summary>
    /// <param name="folder">The suite's folder.</param>
    /// <returns>
    /// Null if there is none, because the suite was trained before such lists existed.
    /// </returns>
    /// <exception cref="Llm360Exception">
    /// The list cannot be read, or a name in it leads out of the folder.
    /// </exception>
    public static SuiteFiles? Read(string folder)
    {
        var path = Path.Combine(folder, SuiteLayout.Files);
        if (!File.Exists(path))
            return null;
        var list = JsonInput.Read<SuiteFiles>(path, Kind, Json);
        if (list.Flaw() is { } flaw)
            throw Kind.Error(flaw, path);
        return list;
    }

    /// <summary>Writes the list, complete or not at all.</summary>
    internal void Write(string folder) =>
        AtomicFile.WriteText(Path.Combine(folder, SuiteLayout.Files), JsonSerializer.Serialize(this, Json) + "\n");

    /// <summary>
    /// The list with entries added or replaced, and without those that a condition selects;
    /// <see cref="Next"/> becomes null.
    /// </summary>
    internal SuiteFiles With(IEnumerable<SuiteFile> added, Func<string, bool>? without = null)
    {
        var files = Files.ToDictionary(f => f.Path);
        foreach (var file in added)
            files[file.Path] = file;
        return new SuiteFiles(CurrentFormat, Sorted(files.Values.Where(f => without?.Invoke(f.Path) != true)));
    }

    /// <summary>The list with the files that are about to be put in place.</summary>
    internal SuiteFiles Announce(IEnumerable<SuiteFile> next) => this with { Next = Sorted(next) };

    /// <summary>
    /// The number of the last checkpoint whose weights are in place; null if there is none.
    /// </summary>
    internal int? LastCheckpoint => Files.Where(f => f.Path.EndsWith($"/{SuiteLayout.Weights}", StringComparison.Ordinal))
        .Max(f => SuiteLayout.CheckpointNumber(f.Path.Split('/')[0]));

    /// <summary>
    /// The contents that each file may have: one, or two while a running training replaces it.
    /// Files that are only about to be put in place are left out.
    /// </summary>
    internal IEnumerable<IGrouping<string, SuiteFile>> Versions(string folder) =>
        Files.Concat(Next ?? []).GroupBy(f => f.Path)
            .Where(f => Next is null || Files.Any(listed => listed.Path == f.Key) || File.Exists(Path.Combine(folder, f.Key)));

    private static SuiteFile[] Sorted(IEnumerable<SuiteFile> files) => [.. files.OrderBy(f => f.Path, StringComparer.Ordinal)];

    // What is wrong with the entries, as a clause; null if nothing is.
    private string? Flaw()
    {
        if (Format != CurrentFormat)
            return $"its format is {Format}, and this version of the kit reads {CurrentFormat}";
        foreach (var list in new[] { Files, Next ?? [] })
        {
            // A name that leads out of the folder would let a list read any file of the machine.
            if (list.FirstOrDefault(f => !HubLocation.IsRelative(f.Path) || f.Size < 0 || !IsHash(f.Sha256)) is { } bad)
                return $"the entry \"{bad.Path}\" has no plain relative path, or a size or hash that is none";
            if (list.GroupBy(f => f.Path).FirstOrDefault(g => g.Count() > 1) is { } doubled)
                return $"\"{doubled.Key}\" is listed twice";
        }

        return null;
    }

    private static bool IsHash(string text) => text.Length == 64 && text.All(char.IsAsciiHexDigitLower);
}
