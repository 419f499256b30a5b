// Finds manifests: in the user's folder, in the checkout's data-manifests, or in the library.
namespace Llm360.Notebooks;

/// <summary>A manifest that is not read yet.</summary>
/// <param name="Where">The file, or the name of an embedded one.</param>
/// <param name="Embedded">The content of an embedded one; null for a file.</param>
internal sealed record ManifestDocument(string Where, byte[]? Embedded = null)
{
    /// <summary>Folder of the suites' manifests.</summary>
    public const string Suites = "suites";

    /// <summary>Folder of published numbers.</summary>
    public const string Papers = "papers";

    /// <summary>Folder of evaluation tasks.</summary>
    public const string Tasks = "tasks";

    private const string Prefix = "manifests/";
    private const string Extension = ".json";

    /// <summary>A manifest file.</summary>
    public static ManifestDocument File(string path) => new(path);

    /// <summary>The available names, in order.</summary>
    /// <param name="kind">
    /// <see cref="Suites"/>, <see cref="Papers"/> or <see cref="Tasks"/>.
    /// </param>
    /// <param name="folders"><see cref="Workspace.ManifestFolders"/> when null.</param>
    public static IReadOnlyList<string> Names(string kind, IReadOnlyList<string>? folders = null) =>
    [
        .. (folders ?? Workspace.ManifestFolders).Select(folder => Path.Combine(folder, kind)).Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*" + Extension)).Concat(Resources(kind))
            .Select(Path.GetFileNameWithoutExtension).OfType<string>().Distinct().Order(StringComparer.Ordinal),
    ];

    /// <summary>The manifest with a name; null if there is none.</summary>
    /// <remarks>
    /// A file in one of <see cref="Workspace.ManifestFolders"/> takes precedence over the embedded
    /// one.
    /// </remarks>
    /// <param name="kind">
    /// <see cref="Suites"/>, <see cref="Papers"/> or <see cref="Tasks"/>.
    /// </param>
    /// <param name="name">Its name.</param>
    /// <param name="folders"><see cref="Workspace.ManifestFolders"/> when null.</param>
    public static ManifestDocument? Find(string kind, string name, IReadOnlyList<string>? folders = null)
    {
        if (!ManifestJson.IsSafeName(name))
            return null;
        var file = (folders ?? Workspace.ManifestFolders).Select(folder => Path.Combine(folder, kind, name + Extension))
            .FirstOrDefault(System.IO.File.Exists);
        return file is not null ? File(file) : Resource($"{Prefix}{kind}/{name}{Extension}");
    }

    private static ManifestDocument? Resource(string resource)
    {
        using var stream = typeof(ManifestDocument).Assembly.GetManifestResourceStream(resource);
        if (stream is null)
            return null;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return new ManifestDocument($"{resource} (embedded in the library)", bytes);
    }

    private static IEnumerable<string> Resources(string kind) =>
        typeof(ManifestDocument).Assembly.GetManifestResourceNames().Where(n => n.StartsWith($"{Prefix}{kind}/", StringComparison.Ordinal));
}
