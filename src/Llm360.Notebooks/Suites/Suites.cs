// The entry point of a notebook: a suite by name.
namespace Llm360.Notebooks;

/// <summary>Opens suites by name.</summary>
public static class Suites
{
    // Folders of data-manifests.
    private const string TrainedHere = "suites";
    private const string OnHub = "hub";

    /// <summary>Opens a suite: one that was trained here (<c>nano</c>, <c>pico</c>), one on the Hugging Face Hub (<c>amber</c>), any suite's folder, or the manifest file of one on the Hub.</summary>
    /// <exception cref="Llm360Exception">The suite is unknown or not trained yet; the message says how to get it.</exception>
    public static Suite Open(string nameOrPath)
    {
        var trained = Path.Combine(Workspace.SuitesFolder, nameOrPath);
        if (IsSuite(nameOrPath) || IsSuite(trained))
        {
            var suite = Suite.OpenFolder(IsSuite(nameOrPath) ? nameOrPath : trained);
            return suite.Checkpoints.Count > 0 ? suite : throw NotTrained(suite.Folder, nameOrPath);
        }

        if (IsFile(nameOrPath))
            return Suite.OnHub(HubManifestFile.Read(Path.GetFullPath(nameOrPath)));
        if (NamesIn(OnHub).Contains(nameOrPath))
            return Suite.OnHub(HubManifestFile.Read(ManifestOf(OnHub, nameOrPath)));
        FindManifest(nameOrPath);
        throw NotTrained(trained, nameOrPath);

        static bool IsSuite(string folder) => File.Exists(Path.Combine(folder, SuiteLayout.Manifest));
        static Llm360Exception NotTrained(string folder, string name) => new($"The suite \"{name}\" is not trained yet.", folder, $"Run: llm360 train {name}");
    }

    /// <summary>A checkpoint by its file or folder, as <c>suite/checkpoint</c>, for example <c>nano/ckpt_036</c>, <c>nano/36</c> or <c>amber/100</c>, or as a revision of a model on the Hub, <c>organisation/name@revision</c>.</summary>
    /// <exception cref="Llm360Exception">There is none of these; the message lists what can be chosen.</exception>
    public static Checkpoint FindCheckpoint(string pathOrName)
    {
        if (File.Exists(pathOrName) || Directory.Exists(pathOrName))
            return new Checkpoint(pathOrName, 0, 0, pathOrName);
        if (pathOrName.Contains('@', StringComparison.Ordinal) && HubLocation.TryParse(pathOrName) is { IsValid: true } hub)
            return new Checkpoint(pathOrName, 0, 0, Path.Combine(Workspace.SuitesFolder, hub.Repository, hub.Revision), hub);
        if (Names.Contains(pathOrName))
            throw new Llm360Exception($"\"{pathOrName}\" is a suite, not a checkpoint.", "checkpoint", $"Add the checkpoint's name or number: {pathOrName}/NUMBER.");
        var slash = pathOrName.LastIndexOf('/');
        if (slash > 0 && (Names.Contains(pathOrName[..slash]) || IsFile(pathOrName[..slash]) || Directory.Exists(pathOrName[..slash]) || Directory.Exists(Path.Combine(Workspace.SuitesFolder, pathOrName[..slash]))))
            return Open(pathOrName[..slash]).Checkpoint(pathOrName[(slash + 1)..]);
        throw new Llm360Exception($"There is no file, folder or checkpoint \"{pathOrName}\".", Path.GetFullPath(pathOrName), $"Name a weights file, a checkpoint's folder, a checkpoint as suite/checkpoint (suites: {string.Join(", ", Names)}), or a model on the Hugging Face Hub as organisation/name@revision{(HubLocation.TryParse(pathOrName) is { IsValid: true } repository ? $": {repository}" : "")}.");
    }

    /// <summary>The names with a manifest in this checkout: of suites trained here, then of suites on the Hub.</summary>
    public static IReadOnlyList<string> Names => [.. NamesIn(TrainedHere), .. NamesIn(OnHub)];

    /// <summary>The recipe of a name, or the recipe file itself.</summary>
    /// <exception cref="Llm360Exception">There is none of that name.</exception>
    public static string FindManifest(string nameOrFile)
    {
        if (IsFile(nameOrFile))
            return Path.GetFullPath(nameOrFile);
        if (NamesIn(TrainedHere).Contains(nameOrFile))
            return ManifestOf(TrainedHere, nameOrFile);
        if (NamesIn(OnHub).Contains(nameOrFile))
            throw new Llm360Exception($"The suite \"{nameOrFile}\" is not trained here: others have published it on the Hugging Face Hub.", ManifestOf(OnHub, nameOrFile), $"Use it by its name: -s {nameOrFile}, -m {nameOrFile}/CHECKPOINT.");
        if (nameOrFile.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
            throw new Llm360Exception("There is no such file.", Path.GetFullPath(nameOrFile), "Name a recipe or a manifest, or one of the suites that come with the kit.");
        throw new Llm360Exception($"Unknown suite \"{nameOrFile}\".", Path.Combine(Workspace.Manifests, TrainedHere), $"Choose one of: {string.Join(", ", Names)}, or name a recipe file ending in .json or a suite's folder.");
    }

    private static bool IsFile(string path) => path.EndsWith(".json", StringComparison.OrdinalIgnoreCase) && File.Exists(path);

    private static string ManifestOf(string kind, string name) => Path.Combine(Workspace.Manifests, kind, name + ".json");

    private static IReadOnlyList<string> NamesIn(string kind) => Directory.Exists(Path.Combine(Workspace.Manifests, kind))
        ? [.. Directory.EnumerateFiles(Path.Combine(Workspace.Manifests, kind), "*.json").Select(f => Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal)]
        : [];
}
