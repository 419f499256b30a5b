// The versions of packages that are loaded: a loaded assembly stays until the process ends.
using System.Diagnostics;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Runtime.Loader;
using Llm360.Notebooks.Kernel.Execution;

namespace Llm360.Notebooks.Kernel.Packages;

/// <summary>Compares restored packages with what the process has loaded.</summary>
internal static class LoadedVersions
{
    private static readonly string[] Platform =
        (AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") as string ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);

    private static readonly string Framework = Path.GetDirectoryName(typeof(object).Assembly.Location)!;

    /// <summary>A line for each package of which another version is loaded.</summary>
    /// <param name="assemblies">The assemblies of the packages.</param>
    /// <param name="before">The assemblies that the session had before.</param>
    /// <param name="asked">Ids that the cell asks for. Others count only if the loaded version is
    /// older.</param>
    public static IEnumerable<string> Warnings(
        IReadOnlyList<RestoredAssembly> assemblies, IReadOnlyList<RestoredAssembly> before, IReadOnlyList<string> asked)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var assembly in assemblies)
        {
            if (LoadedPath(assembly.Path) is not { } loaded || loaded == assembly.Path || Path.GetDirectoryName(loaded) == Framework)
                continue;
            var isAsked = asked.Contains(assembly.Package, StringComparer.OrdinalIgnoreCase);
            if (Identity(loaded) is not { } have || Identity(assembly.Path) is not { } want || have.Module == want.Module
                || !(isAsked || have.Version < want.Version) || !seen.Add(assembly.Package))
            {
                continue;
            }

            var version = before.FirstOrDefault(known => known.Path == loaded)?.Version ?? FileVersion(loaded);
            yield return Platform.Contains(loaded)
                ? $"{assembly.Package} {version} comes with the kit and stays loaded; {assembly.Version} is not used."
                : $"{assembly.Package} {version} is loaded already and stays; {assembly.Version} is used after a restart of the kernel.";
        }
    }

    /// <summary>The version of a package that every cell has, if it is not the requested one; else
    /// null.</summary>
    public static string? OfKit(PackageRequest request)
    {
        if (!char.IsDigit(request.Version[0]) || DefaultReferences.Paths.FirstOrDefault(path =>
            Path.GetFileNameWithoutExtension(path) == request.Id) is not { } file)
            return null;
        var version = FileVersion(file);
        return Path.GetDirectoryName(file) == Framework || Same(version, request.Version) ? null : version;
    }

    /// <summary>Whether two versions are equal except for zeros at the end.</summary>
    public static bool Same(string one, string other) => Trimmed(one).Equals(Trimmed(other), StringComparison.OrdinalIgnoreCase);

    // The runtime looks for an assembly of the program itself there first, whether loaded or not.
    private static string? LoadedPath(string path)
    {
        var name = Path.GetFileNameWithoutExtension(path);
        return AssemblyLoadContext.Default.Assemblies.FirstOrDefault(a => a.GetName().Name == name && a.Location.Length > 0)?.Location
            ?? Platform.FirstOrDefault(file => Path.GetFileNameWithoutExtension(file) == name);
    }

    private static (Guid Module, Version? Version)? Identity(string path)
    {
        try
        {
            using var file = new PEReader(File.OpenRead(path));
            var metadata = file.GetMetadataReader();
            return (metadata.GetGuid(metadata.GetModuleDefinition().Mvid), AssemblyName.GetAssemblyName(path).Version);
        }
        catch (Exception e) when (e is BadImageFormatException or InvalidOperationException or IOException)
        {
            return null;
        }
    }

    private static string FileVersion(string path) =>
        FileVersionInfo.GetVersionInfo(path).ProductVersion?.Split('+')[0] ?? AssemblyName.GetAssemblyName(path).Version?.ToString() ?? "";

    private static string Trimmed(string version)
    {
        while (version.EndsWith(".0", StringComparison.Ordinal))
            version = version[..^2];
        return version;
    }
}
