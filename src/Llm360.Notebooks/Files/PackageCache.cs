// The folders of restored NuGet packages.
using System.Reflection;

namespace Llm360.Notebooks;

/// <summary>Locations of restored NuGet packages on this machine.</summary>
internal static class PackageCache
{
    /// <summary>
    /// The folders to search, in order: <c>NUGET_PACKAGES</c>, the folder of the build, the user's
    /// default.
    /// </summary>
    public static IReadOnlyList<string> Roots()
    {
        var built = typeof(PackageCache).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .FirstOrDefault(a => a.Key == "NuGetPackageRoot")?.Value;
        string?[] candidates =
        [
            Environment.GetEnvironmentVariable("NUGET_PACKAGES"),
            built,
            Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages"),
        ];
        return [.. candidates.OfType<string>().Where(c => c.Length > 0).Select(Path.TrimEndingDirectorySeparator).Distinct()];
    }
}
