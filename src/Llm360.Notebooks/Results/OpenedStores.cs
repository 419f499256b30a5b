// Records which stores were opened, because the report offers the results behind each notebook.
using System.Collections.Concurrent;

namespace Llm360.Notebooks;

/// <summary>
/// The folders of the stores that this process has opened since the last call of
/// <see cref="Take"/>.
/// </summary>
internal static class OpenedStores
{
    private static readonly ConcurrentDictionary<string, byte> Folders = new(StringComparer.Ordinal);

    /// <summary>Records a folder.</summary>
    public static void Add(string folder) => Folders[folder] = 0;

    /// <summary>Returns the folders in order, and clears the record.</summary>
    public static IReadOnlyList<string> Take() =>
        [.. Folders.Keys.Order(StringComparer.Ordinal).Where(folder => Folders.TryRemove(folder, out _))];
}
