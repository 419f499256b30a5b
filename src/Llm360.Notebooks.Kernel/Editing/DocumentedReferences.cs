// The references of cells with their XML documentation, for inspection.
using System.Collections.Immutable;
using Llm360.Notebooks.Kernel.Execution;
using Microsoft.CodeAnalysis;

namespace Llm360.Notebooks.Kernel.Editing;

internal static class DocumentedReferences
{
    /// <summary>The default references of cells. The framework's own assemblies have no
    /// documentation. The reference assemblies of an installed SDK have it, and replace
    /// them.</summary>
    public static ImmutableArray<MetadataReference> Create()
    {
        var framework = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        var pack = ReferencePack(framework);
        var paths = DefaultReferences.Paths;
        if (pack is not null)
            paths = paths.Where(path => Path.GetDirectoryName(path) != framework).Concat(Directory.EnumerateFiles(pack, "*.dll"));
        return [.. paths.Select(WithDocumentation)];
    }

    /// <summary>A reference with the XML documentation in the same folder, if there is
    /// one.</summary>
    public static MetadataReference WithDocumentation(string path)
    {
        var documentation = Path.ChangeExtension(path, ".xml");
        var provider = File.Exists(documentation) ? XmlDocumentationProvider.CreateFromFile(documentation) : null;
        return AssemblyMetadata.CreateFromFile(path).GetReference(provider, filePath: path);
    }

    // dotnet/shared/Microsoft.NETCore.App/10.0.1 has its references in
    // dotnet/packs/Microsoft.NETCore.App.Ref/10.0.x/ref/net10.0.
    private static string? ReferencePack(string framework)
    {
        var packs = Path.GetFullPath(Path.Combine(framework, "..", "..", "..", "packs", "Microsoft.NETCore.App.Ref"));
        var version = $"{Environment.Version.Major}.{Environment.Version.Minor}";
        return !Directory.Exists(packs) ? null : Directory.EnumerateDirectories(packs, version + ".*")
            .Select(folder => Path.Combine(folder, "ref", "net" + version))
            .Where(Directory.Exists)
            .MaxBy(folder => folder, StringComparer.Ordinal);
    }
}
