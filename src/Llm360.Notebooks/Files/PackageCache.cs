// The folders in which NuGet keeps restored packages.
using System.Reflection;

namespace Llm360.Notebooks;

/// <summary>Where restored NuGet packages lie on this machine.</summary>
internal static class PackageCache
{
    /// <summary>The folders to look in, in order: <c>NUGET_PACKAGES</c>, the folder of the build, the user's default.</summary>
    public static IReadOnlyList<string> Roots()
    {
        string?[] candidates =
        [
            Environment.GetEnvironmentVariable("NUGET_PACKAGES"),
            typeof(PackageCache).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().FirstOrDefault(a => a.Key == "NuGetPackageRoot")?.Value,
            Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages"),
        ];
        return [.. candidates.OfType<string>().Where(c => c.Length > 0).Select(Path.TrimEndingDirectorySeparator).Distinct()];
    }
}
