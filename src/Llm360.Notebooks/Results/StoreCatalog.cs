// Lists the results store: the folders of analyses and their cells, read only from the disk.
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Llm360.Notebooks;

/// <summary>A cell's file.</summary>
/// <param name="Path">The file.</param>
/// <param name="Checkpoint">Name of the checkpoint, from the folder's name.</param>
/// <param name="Axis">Kind of the item, from the file's name, for example <c>chunk</c>.</param>
/// <param name="Key">The item, for example <c>7</c>.</param>
/// <param name="Bytes">Length of the file.</param>
/// <param name="Modified">Time at which it was written.</param>
internal sealed record StoredCell(string Path, string Checkpoint, string Axis, string Key, long Bytes, DateTime Modified);

/// <summary>One analysis in one setting: a folder <c>SUITE/ANALYSIS-HASH</c>.</summary>
/// <param name="Folder">The folder.</param>
/// <param name="Suite">Name of the suite.</param>
/// <param name="Analysis">Name of the analysis.</param>
/// <param name="Setting">The hash in the folder's name.</param>
/// <param name="Settings">All settings by name; empty if <c>settings.json</c> is missing.</param>
internal sealed record StoredAnalysis(string Folder, string Suite, string Analysis, string Setting, JsonObject Settings)
{
    private static readonly string[] CellExtensions = [".parquet", ".safetensors"];

    /// <summary><c>nano/memorization-6c2897f1be3e</c></summary>
    public string Name => $"{Suite}/{Path.GetFileName(Folder)}";

    /// <summary>Settings in readable form: <c>prompt_length 32, seed 0</c>.</summary>
    public string SettingsText => string.Join(", ", FlatSettings().Select(s => $"{s.Name} {Text(s.Value)}"));

    /// <summary>
    /// The cells, ordered by checkpoint and item. Stale cells and unfinished files are left out.
    /// </summary>
    public IReadOnlyList<StoredCell> Cells() =>
    [
        .. from partition in Directory.EnumerateDirectories(Folder, "checkpoint=*").Order(StringComparer.Ordinal)
           from file in new DirectoryInfo(partition).EnumerateFiles("*=*").OrderBy(f => Number(f.Name))
               .ThenBy(f => f.Name, StringComparer.Ordinal)
           where IsCell(file.Name)
           let item = Path.GetFileNameWithoutExtension(file.Name).Split('=', 2)
           select new StoredCell(
               file.FullName, Path.GetFileName(partition).Split('=', 2)[1], item[0], item[1], file.Length, file.LastWriteTimeUtc),
    ];

    /// <summary>Whether a file is a cell, by its name.</summary>
    public static bool IsCell(string file) => CellExtensions.Contains(Path.GetExtension(file));

    /// <summary>Number and bytes of the stale cells.</summary>
    public (int Count, long Bytes) Stale()
    {
        var files = new DirectoryInfo(Folder).EnumerateFiles("*.stale", SearchOption.AllDirectories).ToList();
        return (files.Count, files.Sum(f => f.Length));
    }

    /// <summary>The settings without nesting: <c>{"a": {"b": 1}}</c> is <c>a_b</c>.</summary>
    public IEnumerable<(string Name, JsonNode? Value)> FlatSettings() => Flat("", Settings);

    private static IEnumerable<(string Name, JsonNode? Value)> Flat(string prefix, JsonObject settings) => settings.SelectMany(s =>
        s.Value is JsonObject inner ? Flat($"{prefix}{s.Key}_", inner) : [(prefix + s.Key, s.Value)]);

    private static string Text(JsonNode? value) =>
        value is null ? "none" : value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString();

    private static long Number(string file) =>
        long.TryParse(Path.GetFileNameWithoutExtension(file).Split('=')[^1], out var number) ? number : -1;
}

/// <summary>Reads the folders of a results store.</summary>
internal static class StoreCatalog
{
    /// <summary>The analyses, ordered by suite and folder.</summary>
    /// <param name="root">Folder of all results.</param>
    /// <param name="suite">Name of a suite; null for all.</param>
    public static IReadOnlyList<StoredAnalysis> Read(string root, string? suite = null)
    {
        if (!Directory.Exists(root))
            return [];
        return
        [
            .. from folder in Directory.EnumerateDirectories(root).Order(StringComparer.Ordinal)
               where suite is null || Path.GetFileName(folder) == suite
               from store in Directory.EnumerateDirectories(folder, "*-*").Order(StringComparer.Ordinal)
               select Of(Path.GetFileName(folder), store),
        ];
    }

    private static StoredAnalysis Of(string suite, string folder)
    {
        var name = Path.GetFileName(folder);
        var hash = name.LastIndexOf('-');
        var settings = StoreFolder.Read(Path.Combine(folder, StoreFolder.SettingsFile))?["settings"] as JsonObject;
        return new StoredAnalysis(folder, suite, name[..hash], name[(hash + 1)..], settings ?? []);
    }
}
