// The references of cells with the documentation that lies beside them, for inspection.
using System.Collections.Immutable;
using Llm360.Notebooks.Kernel.Execution;
using Microsoft.CodeAnalysis;

namespace Llm360.Notebooks.Kernel.Editing;

internal static class DocumentedReferences
{
    /// <summary>
    /// The default references of cells. The framework's own assemblies have no documentation; the reference assemblies of an installed SDK do, and stand in for them.
    /// </summary>
    public static ImmutableArray<MetadataReference> Create()
    {
        var framework = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        var pack = ReferencePack(framework);
        var paths = DefaultReferences.Paths;
        if (pack is not null)
            paths = paths.Where(path => Path.GetDirectoryName(path) != framework).Concat(Directory.EnumerateFiles(pack, "*.dll"));
        return [.. paths.Select(WithDocumentation)];
    }

    /// <summary>A reference with the XML file beside it.</summary>
    public static MetadataReference WithDocumentation(string path)
    {
        var documentation = Path.ChangeExtension(path, ".xml");
        return AssemblyMetadata.CreateFromFile(path).GetReference(File.Exists(documentation) ? XmlDocumentationProvider.CreateFromFile(documentation) : null, filePath: path);
    }

    // dotnet/shared/Microsoft.NETCore.App/10.0.1 has its references in dotnet/packs/Microsoft.NETCore.App.Ref/10.0.x/ref/net10.0.
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
