// Finds stored results by name.
using System.CommandLine;

namespace Llm360.Notebooks.Cli.Commands;

/// <summary>Finds an analysis with its setting.</summary>
internal static class StoredResults
{
    /// <summary>The remedy if there are no results.</summary>
    public const string Compute = "Compute some, for example: llm360 grid memorization -s nano";

    /// <summary>The argument that names results.</summary>
    public static Argument<string> Argument() => new("results")
    {
        Description = "An analysis with its setting, as results list names it: nano/memorization-6c2897f1be3e. What names only one may be "
            + "shorter: nano/memorization.",
    };

    /// <summary>The results with a name.</summary>
    /// <param name="name">The complete name, or a prefix of only one name.</param>
    /// <param name="whole">Whether the name must be complete, for actions that cannot be
    /// undone.</param>
    /// <exception cref="Llm360Exception">There are no such results, or several.</exception>
    public static StoredAnalysis Find(string name, bool whole = false)
    {
        var all = StoreCatalog.Read(Workspace.ResultsFolder);
        List<StoredAnalysis> found = [.. all.Where(a => a.Name == name)];
        if (found.Count == 0 && !whole)
            found = [.. all.Where(a => a.Name.StartsWith(name, StringComparison.Ordinal) && a.Cells().Count > 0)];
        return found switch
        {
            [var one] => one,
            [] => throw new Llm360Exception($"The store holds no analysis named \"{name}\".", Workspace.ResultsFolder,
                all.Count == 0 ? Compute : $"llm360 results list names all, such as {all[0].Name}."),
            _ => throw new Llm360Exception($"\"{name}\" is the beginning of {found.Count} names.", Workspace.ResultsFolder,
                $"Name one of: {string.Join("; ", found.Select(f => $"{f.Name} ({f.SettingsText})"))}"),
        };
    }
}
