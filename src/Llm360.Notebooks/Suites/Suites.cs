// The entry point of a notebook: a suite by name.
namespace Llm360.Notebooks;

/// <summary>A suite that <see cref="Suites.Open"/> can open, or that can be trained.</summary>
/// <param name="Name">The name by which it is opened.</param>
/// <param name="Description">
/// The description in its manifest; if the manifest cannot be read, the reason.
/// </param>
/// <param name="IsPublished">Whether others published it on the Hub; else it is trained
/// here.</param>
/// <param name="CanOpen">
/// False for a recipe that is not trained yet, and for a manifest that cannot be read.
/// </param>
/// <param name="Where">The manifest.</param>
public sealed record SuiteEntry(string Name, string Description, bool IsPublished, bool CanOpen, string Where);

/// <summary>Opens suites by name.</summary>
public static class Suites
{
    // One or two mistyped letters.
    private const int NearName = 2;

    /// <summary>
    /// The names with a manifest: in <see cref="Workspace.ManifestFolders"/> and in the library.
    /// </summary>
    public static IReadOnlyList<string> Names => ManifestDocument.Names(ManifestDocument.Suites);

    /// <summary>
    /// Opens a suite: one that was trained here (<c>nano</c>, <c>pico</c>), a published one
    /// (<c>amber</c>), any suite's folder, or a manifest file.
    /// </summary>
    /// <exception cref="Llm360Exception">
    /// The suite is unknown or not trained yet; the message says how to get it.
    /// </exception>
    public static Suite Open(string nameOrPath)
    {
        var trained = Path.Combine(Workspace.SuitesFolder, nameOrPath);
        if (IsSuite(nameOrPath) || IsSuite(trained))
        {
            var suite = Suite.OpenFolder(IsSuite(nameOrPath) ? nameOrPath : trained);
            return suite.Checkpoints.Count > 0 ? suite : throw NotTrained(suite.Folder, nameOrPath);
        }

        var manifest = ManifestFile.Read(Document(nameOrPath));
        return manifest.Checkpoints is not null ? Suite.OnHub(manifest)
            : throw NotTrained(Path.Combine(Workspace.SuitesFolder, manifest.Name), nameOrPath);

        static Llm360Exception NotTrained(string folder, string name) =>
            new($"The suite \"{name}\" is not trained yet.", folder, $"Run: llm360 train {name}");
    }

    /// <summary>
    /// The suites that can be opened by name or trained: suites with a manifest, and suites in
    /// <see cref="Workspace.SuitesFolder"/> without one.
    /// </summary>
    public static IReadOnlyList<SuiteEntry> List()
    {
        var names = Names.ToHashSet(StringComparer.Ordinal);
        IEnumerable<string> folders = Directory.Exists(Workspace.SuitesFolder)
            ? Directory.EnumerateDirectories(Workspace.SuitesFolder)
            : [];
        names.UnionWith(folders.Where(IsSuite).Select(Path.GetFileName).OfType<string>());
        return [.. names.Order(StringComparer.Ordinal).Select(Entry)];
    }

    /// <summary>
    /// Finds a checkpoint by its file or folder, by <c>suite/checkpoint</c> (<c>nano/ckpt_036</c>,
    /// <c>nano/36</c>, <c>nano/last</c>, <c>nano/-1</c>), or by a revision on the Hub,
    /// <c>organisation/name@revision</c>.
    /// </summary>
    /// <remarks>
    /// For a file, a folder or a revision alone, the checkpoint's number and what it has seen are
    /// unknown: they are null.
    /// </remarks>
    /// <exception cref="Llm360Exception">
    /// There is none of these; the message lists what can be chosen.
    /// </exception>
    public static Checkpoint FindCheckpoint(string pathOrName)
    {
        if (File.Exists(pathOrName) || Directory.Exists(pathOrName))
            return new Checkpoint(pathOrName, null, null, pathOrName);
        if (pathOrName.Contains('@', StringComparison.Ordinal) && HubLocation.TryParse(pathOrName) is { IsValid: true } hub)
            return new Checkpoint(pathOrName, null, null, Path.Combine(Workspace.SuitesFolder, hub.Repository, hub.Revision), hub);
        if (Names.Contains(pathOrName) || IsSuite(Path.Combine(Workspace.SuitesFolder, pathOrName)))
            throw new Llm360Exception($"\"{pathOrName}\" is a suite, not a checkpoint.", "checkpoint",
                $"Add the checkpoint's name or number: {pathOrName}/NUMBER, or {pathOrName}/last.");
        var slash = pathOrName.LastIndexOf('/');
        if (slash > 0 && pathOrName[..slash] is var suite
            && (Names.Contains(suite) || IsFile(suite) || Directory.Exists(suite)
                || Directory.Exists(Path.Combine(Workspace.SuitesFolder, suite))))
            return Open(suite).Checkpoint(pathOrName[(slash + 1)..]);
        var example = HubLocation.TryParse(pathOrName) is { IsValid: true } repository ? $": {repository}" : "";
        throw new Llm360Exception(
            $"There is no file, folder or checkpoint \"{pathOrName}\".",
            Path.GetFullPath(pathOrName),
            "Name a weights file, a checkpoint's folder, a checkpoint as suite/checkpoint "
                + $"(suites: {string.Join(", ", List().Select(s => s.Name))}), "
                + $"or a model on the Hugging Face Hub as organisation/name@revision{example}.");
    }

    /// <summary>The manifest of a name, or of a manifest file.</summary>
    /// <exception cref="Llm360Exception">
    /// There is none of that name, or it cannot be read.
    /// </exception>
    public static SuiteManifest Manifest(string nameOrFile) => ManifestFile.Read(Document(nameOrFile));

    /// <summary>
    /// The recipe of a name, of a recipe file, or of a suite in
    /// <see cref="Workspace.SuitesFolder"/>.
    /// </summary>
    /// <remarks>
    /// A file that was copied from a known recipe and changed is a separate recipe. If it still has
    /// the known recipe's name, it takes the name of the file. The expected text and weights of the
    /// known recipe do not apply to it.
    /// </remarks>
    /// <exception cref="Llm360Exception">
    /// There is none of that name, it cannot be read, or the suite was published by others.
    /// </exception>
    public static SuiteRecipe Recipe(string nameOrFile) => Recipe(nameOrFile, out _);

    /// <summary>
    /// The same, with a note for each change to a copied recipe.
    /// </summary>
    internal static SuiteRecipe Recipe(string nameOrFile, out IReadOnlyList<string> notes)
    {
        var trained = Path.Combine(Workspace.SuitesFolder, nameOrFile);
        var isTrained = ManifestJson.IsSafeName(nameOrFile) && IsSuite(trained);
        var document = !IsFile(nameOrFile) && isTrained && !Names.Contains(nameOrFile)
            ? ManifestDocument.File(Path.Combine(trained, SuiteLayout.Manifest)) : Document(nameOrFile, recipe: true);
        var recipe = ManifestFile.RecipeOf(ManifestFile.Read(document), document.Where);
        (recipe, notes) = IsFile(nameOrFile) ? RecipeCopy.Own(recipe, document.Where, KnownRecipes()) : (recipe, []);
        return recipe;
    }

    private static ManifestDocument Document(string nameOrFile, bool recipe = false)
    {
        if (IsFile(nameOrFile))
            return ManifestDocument.File(Path.GetFullPath(nameOrFile));
        if (ManifestDocument.Find(ManifestDocument.Suites, nameOrFile) is { } document)
            return document;
        if (nameOrFile.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
        {
            throw new Llm360Exception(
                "There is no such file.",
                Path.GetFullPath(nameOrFile),
                "Name a recipe or a manifest, or one of the suites that come with the kit.");
        }

        var names = List().Where(s => !recipe || !s.IsPublished).Select(s => s.Name).ToList();
        var nearest = names.Find(n => ManifestJson.Distance(n, nameOrFile) <= NearName);
        throw new Llm360Exception(
            $"Unknown suite \"{nameOrFile}\".",
            string.Join(", ", Workspace.ManifestFolders.Append(Workspace.SuitesFolder)),
            (nearest is null ? "" : $"Did you mean \"{nearest}\"? ")
                + $"Choose one of: {string.Join(", ", names)}, or name a recipe file ending in .json"
                + (recipe ? "." : " or a suite's folder."));
    }

    private static List<SuiteRecipe> KnownRecipes()
    {
        var recipes = new List<SuiteRecipe>();
        foreach (var name in Names)
        {
            try
            {
                if (ManifestFile.Read(ManifestDocument.Find(ManifestDocument.Suites, name)!).ToRecipe() is { } recipe)
                    recipes.Add(recipe);
            }
            catch (Llm360Exception)
            {
                // A damaged manifest of another suite does not matter here.
            }
        }

        return recipes;
    }

    private static SuiteEntry Entry(string name)
    {
        var trained = Path.Combine(Workspace.SuitesFolder, name);
        return IsSuite(trained) ? Entry(name, ManifestDocument.File(Path.Combine(trained, SuiteLayout.Manifest)), trained)
            : Entry(name, ManifestDocument.Find(ManifestDocument.Suites, name)!, trained: null);
    }

    /// <summary>The entry of a manifest.</summary>
    /// <param name="name">The name by which it is opened.</param>
    /// <param name="document">The manifest.</param>
    /// <param name="trained">The suite's folder; null if it is not trained here.</param>
    internal static SuiteEntry Entry(string name, ManifestDocument document, string? trained)
    {
        try
        {
            var manifest = ManifestFile.Read(document);
            var isPublished = manifest.Checkpoints is not null;
            var canOpen = trained is not null ? Suite.OpenFolder(trained).Checkpoints.Count > 0 : isPublished;
            return new SuiteEntry(name, manifest.Description, isPublished, canOpen, document.Where);
        }
        catch (Llm360Exception e)
        {
            return new SuiteEntry(name, e.What, IsPublished: false, CanOpen: false, document.Where);
        }
    }

    private static bool IsSuite(string folder) => File.Exists(Path.Combine(folder, SuiteLayout.Manifest));

    private static bool IsFile(string path) => path.EndsWith(".json", StringComparison.OrdinalIgnoreCase) && File.Exists(path);
}
