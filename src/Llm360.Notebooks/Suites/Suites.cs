// The entry point of a notebook: a suite by name.
namespace Llm360.Notebooks.Suites;

/// <summary>Opens suites by name.</summary>
public static class Suites
{
    /// <summary>Opens a suite that was trained here (<c>nano</c>, <c>pico</c>) or any suite's folder.</summary>
    /// <exception cref="Llm360Exception">The suite is unknown or not trained yet; the message says how to get it.</exception>
    public static Suite Open(string nameOrFolder)
    {
        var trained = Path.Combine(Workspace.SuitesFolder, nameOrFolder);
        if (IsSuite(nameOrFolder) || IsSuite(trained))
        {
            var suite = Suite.OpenFolder(IsSuite(nameOrFolder) ? nameOrFolder : trained);
            return suite.Checkpoints.Count > 0 ? suite : throw NotTrained(suite.Folder, nameOrFolder);
        }

        FindManifest(nameOrFolder);
        throw NotTrained(trained, nameOrFolder);

        static bool IsSuite(string folder) => File.Exists(Path.Combine(folder, SuiteLayout.Manifest));
        static Llm360Exception NotTrained(string folder, string name) => new($"The suite \"{name}\" is not trained yet.", folder, $"Run: llm360 train {name}");
    }

    /// <summary>A path as it is, or the folder of a checkpoint written as <c>suite/checkpoint</c>, for example <c>nano/ckpt_036</c> or <c>nano/36</c>.</summary>
    /// <returns>A file or folder that exists.</returns>
    /// <exception cref="Llm360Exception">There is neither; the message lists what can be chosen.</exception>
    public static string FindCheckpoint(string pathOrName)
    {
        if (File.Exists(pathOrName) || Directory.Exists(pathOrName))
            return pathOrName;
        var slash = pathOrName.LastIndexOf('/');
        if (slash > 0 && (Names.Contains(pathOrName[..slash]) || Directory.Exists(pathOrName[..slash]) || Directory.Exists(Path.Combine(Workspace.SuitesFolder, pathOrName[..slash]))))
            return Open(pathOrName[..slash]).Checkpoint(pathOrName[(slash + 1)..]).Folder;
        throw new Llm360Exception($"There is no file, folder or checkpoint \"{pathOrName}\".", Path.GetFullPath(pathOrName), $"Name a weights file, a checkpoint's folder, or a checkpoint as suite/checkpoint; suites here: {string.Join(", ", Names)}.");
    }

    /// <summary>The names with a manifest in this checkout.</summary>
    public static IReadOnlyList<string> Names => Directory.Exists(Path.Combine(Workspace.Manifests, "suites"))
        ? [.. Directory.EnumerateFiles(Path.Combine(Workspace.Manifests, "suites"), "*.json").Select(f => Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal)]
        : [];

    /// <summary>The manifest of a name, or the recipe file itself.</summary>
    /// <exception cref="Llm360Exception">There is none of that name.</exception>
    public static string FindManifest(string nameOrFile)
    {
        if (nameOrFile.EndsWith(".json", StringComparison.OrdinalIgnoreCase) && File.Exists(nameOrFile))
            return Path.GetFullPath(nameOrFile);
        return Names.Contains(nameOrFile) ? Path.Combine(Workspace.Manifests, "suites", nameOrFile + ".json")
            : throw new Llm360Exception($"Unknown suite \"{nameOrFile}\".", Path.Combine(Workspace.Manifests, "suites"), $"Choose one of: {string.Join(", ", Names)}, or name a recipe file ending in .json or a suite's folder.");
    }
}
