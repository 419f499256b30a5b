// Finds a pinned NuGet package on this machine, its files that a manifest names, and their hash.
using System.IO.Enumeration;
using System.Security.Cryptography;
using System.Text;

namespace Llm360.Notebooks;

/// <summary>Locates packages in the NuGet cache; nothing is downloaded.</summary>
internal static class CorpusPackages
{
    /// <summary>The package's folder.</summary>
    /// <param name="package">The package.</param>
    /// <param name="roots">Folders to search; <see cref="PackageCache.Roots"/> if null.</param>
    /// <exception cref="Llm360Exception">The package is in none of the folders.</exception>
    public static string Locate(CorpusPackage package, IReadOnlyList<string>? roots = null)
    {
        roots ??= PackageCache.Roots();
        return roots.Select(root => Path.Combine(root, Lower(package.Id), Lower(package.Version))).FirstOrDefault(Directory.Exists)
            ?? throw new Llm360Exception(
                $"The NuGet package {package.Id} {package.Version} is not on this machine.", string.Join(", ", roots),
                "Run: llm360 doctor --fix (in a checkout, dotnet restore does it, too), or let NUGET_PACKAGES name the folder that "
                    + "holds it.");
    }

    /// <summary>
    /// The files that a manifest names, relative to the package's folder with <c>/</c>, in ordinal
    /// order.
    /// </summary>
    /// <exception cref="Llm360Exception">
    /// The package is missing, or a pattern matches nothing.
    /// </exception>
    public static IReadOnlyList<string> Files(CorpusPackage package, IReadOnlyList<string>? roots = null)
    {
        var folder = Locate(package, roots);
        return [.. package.Files.SelectMany(pattern => Matches(package, folder, pattern)).Distinct().Order(StringComparer.Ordinal)];
    }

    /// <summary>
    /// SHA-256 over the lines <c>HASH&#160;&#160;FILE</c> of the files. In the package's folder,
    /// <c>sha256sum FILES | sha256sum</c> gives the same value.
    /// </summary>
    /// <exception cref="Llm360Exception">
    /// The package is missing, or a pattern matches nothing.
    /// </exception>
    public static string Hash(CorpusPackage package, IReadOnlyList<string>? roots = null)
    {
        var folder = Locate(package, roots);
        return HashListing(Files(package, roots).Select(file =>
        {
            using var stream = File.OpenRead(Path.Combine(folder, file));
            return (file, Convert.ToHexStringLower(SHA256.HashData(stream)));
        }));
    }

    /// <summary>
    /// Compares the package with the manifest's hash. A manifest without a hash is not checked.
    /// </summary>
    /// <exception cref="Llm360Exception">They differ.</exception>
    public static void Verify(CorpusPackage package, IReadOnlyList<string>? roots = null)
    {
        if (package.Sha256 is not { } expected
            || Hash(package, roots) is var actual && actual.Equals(expected, StringComparison.OrdinalIgnoreCase))
            return;
        var what = $"The text of {package.Id} {package.Version} is not what the manifest was made with: "
            + $"{Files(package, roots).Count} files hash to {actual}, not {expected}.";
        throw new Llm360Exception(what, Locate(package, roots),
            "Delete that folder and run dotnet restore; if the manifest's version or files were changed on purpose, "
                + "measure it anew (data-manifests/README.md).");
    }

    /// <summary>SHA-256 over lines in the format of <c>sha256sum</c>.</summary>
    internal static string HashListing(IEnumerable<(string Name, string Sha256)> files) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(files.Select(f => $"{f.Sha256}  {f.Name}\n")))));

    private static List<string> Matches(CorpusPackage package, string folder, string pattern)
    {
        var slash = pattern.LastIndexOf('/');
        var below = slash < 0 ? "" : pattern[..(slash + 1)];
        var name = pattern[(slash + 1)..];
        var parent = Path.Combine(folder, below);
        var found = !Directory.Exists(parent) ? [] : Directory.EnumerateFiles(parent).Select(Path.GetFileName)
            .Where(file => FileSystemName.MatchesSimpleExpression(name, file, ignoreCase: false)).Select(file => below + file).ToList();
        return found.Count > 0 ? found
            : throw new Llm360Exception($"No file of {package.Id} {package.Version} matches \"{pattern}\".", folder,
                "Correct the manifest's files, or delete the folder and run dotnet restore.");
    }

    // The NuGet cache writes folders in lower case, regardless of the spelling of the id.
#pragma warning disable CA1308
    private static string Lower(string text) => text.ToLowerInvariant();
#pragma warning restore CA1308
}
