// The folders of suites, results and manifests on this machine.
using System.Reflection;

namespace Llm360.Notebooks;

/// <summary>The folders the kit reads and writes.</summary>
/// <remarks>
/// <see cref="Artifacts"/> is the first of: the variable <c>LLM360_HOME</c>; <c>artifacts/</c> of
/// the repository that contains the current folder; <c>llm360</c> in the user's local application
/// data.
/// </remarks>
internal static class Workspace
{
    /// <summary>The variable that names the folder of everything the kit writes.</summary>
    public const string HomeVariable = "LLM360_HOME";

    /// <summary>
    /// Root of all written files: <c>suites/</c>, <c>results/</c>, <c>notebooks/</c>, <c>site/</c>.
    /// </summary>
    public static string Artifacts =>
        Environment.GetEnvironmentVariable(HomeVariable) is { Length: > 0 } home ? Path.GetFullPath(home)
        : Repository is { } repository ? Path.Combine(repository, "artifacts")
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "llm360");

    /// <summary>Trained suites, a folder each.</summary>
    public static string SuitesFolder => Path.Combine(Artifacts, "suites");

    /// <summary>The results store.</summary>
    public static string ResultsFolder => Path.Combine(Artifacts, "results");

    /// <summary>
    /// The checkout that contains the current folder, else the checkout of this build if it still
    /// exists; null outside a checkout.
    /// </summary>
    public static string? Repository => FindRepository(Environment.CurrentDirectory) ?? BuildRepository;

    /// <summary>
    /// Folders whose manifests come before those in the library: <c>manifests/</c> of
    /// <see cref="Artifacts"/>, then <c>data-manifests/</c> of the checkout. Each has
    /// <c>suites/</c> and <c>papers/</c>. They need not exist.
    /// </summary>
    public static IReadOnlyList<string> ManifestFolders => Repository is { } repository
        ? [Path.Combine(Artifacts, "manifests"), Path.Combine(repository, "data-manifests")]
        : [Path.Combine(Artifacts, "manifests")];

    private static string? BuildRepository
    {
        get
        {
            var root = typeof(Workspace).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
                .FirstOrDefault(a => a.Key == "RepositoryRoot")?.Value;
            return root is null ? null : FindRepository(root);
        }
    }

    private static string? FindRepository(string start)
    {
        for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Llm360.Notebooks.sln")))
                return folder.FullName;
        return null;
    }
}
