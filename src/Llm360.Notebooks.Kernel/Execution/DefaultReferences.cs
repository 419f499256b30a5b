// What every cell may use without #r: the framework, the library, data frames, and what those are built on.
using System.Collections.Immutable;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Llm360.Notebooks.Kernel.Display;
using Microsoft.CodeAnalysis;
using Microsoft.Data.Analysis;

namespace Llm360.Notebooks.Kernel.Execution;

internal static class DefaultReferences
{
    private static readonly Lazy<ImmutableDictionary<string, MetadataReference>> Built = new(Build);

    /// <summary>The references by simple assembly name; read from disk once a process.</summary>
    public static ImmutableDictionary<string, MetadataReference> ByName => Built.Value;

    private static ImmutableDictionary<string, MetadataReference> Build()
    {
        var platform = (AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") as string ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .DistinctBy(Path.GetFileNameWithoutExtension, StringComparer.Ordinal)
            .ToDictionary(path => Path.GetFileNameWithoutExtension(path)!, StringComparer.Ordinal);
        var framework = Path.GetDirectoryName(typeof(object).Assembly.Location);
        var paths = platform.Where(entry => Path.GetDirectoryName(entry.Value) == framework).ToDictionary(StringComparer.Ordinal);

        // The kernel itself is there for its display functions; what it is built on is not the cell's business.
        paths[typeof(CellGlobals).Assembly.GetName().Name!] = typeof(CellGlobals).Assembly.Location;
        var open = new Stack<string>([typeof(Llm360Exception).Assembly.Location, typeof(DataFrame).Assembly.Location]);
        while (open.TryPop(out var path))
        {
            if (!paths.TryAdd(Path.GetFileNameWithoutExtension(path), path))
                continue;
            foreach (var name in ReferencedNames(path))
            {
                if (platform.TryGetValue(name, out var referenced))
                    open.Push(referenced);
            }
        }

        return paths.ToImmutableDictionary(entry => entry.Key, entry => (MetadataReference)AssemblyMetadata.CreateFromFile(entry.Value).GetReference(filePath: entry.Value), StringComparer.Ordinal);
    }

    private static List<string> ReferencedNames(string path)
    {
        using var file = new PEReader(File.OpenRead(path));
        if (!file.HasMetadata)
            return [];
        var metadata = file.GetMetadataReader();
        return [.. metadata.AssemblyReferences.Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name))];
    }
}
