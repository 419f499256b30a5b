// Which stores were opened: the report offers the results behind each notebook.
using System.Collections.Concurrent;

namespace Llm360.Notebooks;

/// <summary>The folders of the stores that this process has opened since they were last
/// taken.</summary>
internal static class OpenedStores
{
    private static readonly ConcurrentDictionary<string, byte> Folders = new(StringComparer.Ordinal);

    /// <summary>Notes a folder.</summary>
    public static void Add(string folder) => Folders[folder] = 0;

    /// <summary>The folders in order; they are forgotten.</summary>
    public static IReadOnlyList<string> Take() =>
        [.. Folders.Keys.Order(StringComparer.Ordinal).Where(folder => Folders.TryRemove(folder, out _))];
}
