// What every cell may use without #r: the framework, the library, data frames and dependencies.
using System.Collections.Immutable;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Llm360.Notebooks.Kernel.Display;
using Microsoft.AspNetCore.Html;
using Microsoft.CodeAnalysis;
using Microsoft.Data.Analysis;
using Microsoft.DotNet.Interactive.Formatting;

namespace Llm360.Notebooks.Kernel.Execution;

/// <summary>The default references of one session.</summary>
/// <remarks>
/// The compiler caches symbols with the metadata. If sessions shared the metadata, one could get a
/// symbol of another, and a class of a former cell would no longer be IDisposable. So each session
/// has copies, which share the data that was read but not the symbols.
/// </remarks>
internal sealed class DefaultReferences
{
    // Read from disk once for each process.
    private static readonly Lazy<ImmutableDictionary<string, (string Path, AssemblyMetadata Metadata)>> Files = new(Build);

    /// <summary>Their files.</summary>
    public static IEnumerable<string> Paths => Files.Value.Values.Select(file => file.Path);

    /// <summary>The references by simple assembly name.</summary>
    public ImmutableDictionary<string, PortableExecutableReference> ByName { get; } =
        Files.Value.ToImmutableDictionary(
            file => file.Key,
            file => ((AssemblyMetadata)file.Value.Metadata.Copy()).GetReference(filePath: file.Value.Path),
            StringComparer.Ordinal);

    /// <summary>Whether an assembly of this name is among them.</summary>
    public static bool Has(string name) => Files.Value.ContainsKey(name);

    private static ImmutableDictionary<string, (string Path, AssemblyMetadata Metadata)> Build()
    {
        var platform = (AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") as string ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .DistinctBy(Path.GetFileNameWithoutExtension, StringComparer.Ordinal)
            .ToDictionary(path => Path.GetFileNameWithoutExtension(path)!, StringComparer.Ordinal);
        var framework = Path.GetDirectoryName(typeof(object).Assembly.Location);
        var paths = platform.Where(entry => Path.GetDirectoryName(entry.Value) == framework).ToDictionary(StringComparer.Ordinal);

        // The kernel itself is included for its display functions. Cells do not need its
        // dependencies, except for the formatters of .NET Interactive: notebooks register their
        // own.
        foreach (var assembly in new[] { typeof(CellGlobals).Assembly, typeof(Formatter).Assembly, typeof(IHtmlContent).Assembly })
            paths[assembly.GetName().Name!] = assembly.Location;
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

        return paths.ToImmutableDictionary(
            entry => entry.Key,
            entry => (entry.Value, AssemblyMetadata.CreateFromFile(entry.Value)),
            StringComparer.Ordinal);
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
