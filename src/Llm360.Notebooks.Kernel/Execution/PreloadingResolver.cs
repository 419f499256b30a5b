// #r "path.dll" and the assemblies of packages: resolved against the working directory, and loaded at once into the default load context.
using System.Collections.Immutable;
using System.Reflection;
using System.Runtime.Loader;
using Llm360.Notebooks.Kernel.Packages;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Scripting;

namespace Llm360.Notebooks.Kernel.Execution;

/// <summary>Resolves references of cells and loads them.</summary>
/// <remarks>
/// Left to Roslyn, a reference is loaded late, into a context of its own: then two copies of one assembly may be loaded, and types that look the same do not
/// match. In the default context there is one copy; what a referenced assembly needs in turn is looked for in its own folder.
/// </remarks>
internal sealed class PreloadingResolver : MetadataReferenceResolver, IDisposable
{
    private readonly ScriptMetadataResolver inner;
    private readonly SessionPackages packages;
    private readonly Lock gate = new();
    private readonly Dictionary<string, PortableExecutableReference> references = new(StringComparer.Ordinal);
    private ImmutableHashSet<string> folders = [];

    public PreloadingResolver(string baseDirectory, SessionPackages packages)
    {
        this.packages = packages;
        inner = ScriptMetadataResolver.Default.WithBaseDirectory(baseDirectory);
        AssemblyLoadContext.Default.Resolving += FromFolders;
    }

    /// <summary>What every cell of the session has without a directive.</summary>
    public DefaultReferences Default { get; } = new();

    /// <summary>The files that cells have referenced.</summary>
    public IReadOnlyList<string> Files
    {
        get
        {
            lock (gate)
                return [.. references.Keys];
        }
    }

    /// <summary>The assemblies of all packages: a directive can stand for one alone, so cells are given them besides.</summary>
    public IEnumerable<PortableExecutableReference> PackageReferences =>
        packages.Assemblies.Select(assembly => assembly.Path).Select(path => Preload(MetadataReference.CreateFromFile(path)));

    // A package may have no assembly; its directive is answered with one that every cell has.
    private PortableExecutableReference AnyReference => Default.ByName.Values.First();

    public override bool ResolveMissingAssemblies => inner.ResolveMissingAssemblies;

    public override ImmutableArray<PortableExecutableReference> ResolveReference(string reference, string? baseFilePath, MetadataReferenceProperties properties)
    {
        // A notebook that also runs in .NET Interactive asks there for the package; here its assembly is in every cell.
        if (PackageDirectives.Parse(reference) is { } request)
        {
            return Default.ByName.TryGetValue(request.Id, out var packaged)
                ? [packaged]
                : packages.Has(request) ? [PackageReferences.FirstOrDefault(AnyReference)] : [];
        }

        // Cells are no files: their paths resolve against the base directory alone.
        var resolved = inner.ResolveReference(reference, null, properties);
        return [.. resolved.Select(Preload)];
    }

    // What the default references are built on besides is not the cell's business, and would cost it time and memory.
    public override PortableExecutableReference? ResolveMissingAssembly(MetadataReference definition, AssemblyIdentity referenceIdentity) =>
        !(definition is PortableExecutableReference known && Default.ByName.ContainsValue(known)) && inner.ResolveMissingAssembly(definition, referenceIdentity) is { } found ? Preload(found) : null;

    public override bool Equals(object? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => inner.GetHashCode();

    public void Dispose() => AssemblyLoadContext.Default.Resolving -= FromFolders;

    private PortableExecutableReference Preload(PortableExecutableReference reference)
    {
        if (reference.FilePath is not { } path)
            return reference;
        AssemblyName name;
        try
        {
            name = AssemblyName.GetAssemblyName(path);
        }
        catch (BadImageFormatException)
        {
            return reference; // the compiler says what is wrong with it, and where the cell names it
        }

        // A second path to an assembly that every cell has already means the one that is loaded.
        if (Default.ByName.TryGetValue(name.Name!, out var known))
            return known;
        lock (gate)
        {
            // One reference object a file: to the compiler, two are two assemblies.
            if (references.TryGetValue(path, out var former))
                return former;
            folders = folders.Add(Path.GetDirectoryName(path)!);
            if (!AssemblyLoadContext.Default.Assemblies.Any(assembly => assembly.GetName().Name == name.Name))
                Load(path);
            references.Add(path, reference);
            return reference;
        }
    }

    private static void Load(string path)
    {
        try
        {
            AssemblyLoadContext.Default.LoadFromAssemblyPath(path);
        }
        catch (FileLoadException)
        {
            // The kernel has another version of it, which is the one that counts.
        }
    }

    private Assembly? FromFolders(AssemblyLoadContext context, AssemblyName name) =>
        folders.Select(folder => Path.Combine(folder, name.Name + ".dll")).Where(File.Exists).Select(context.LoadFromAssemblyPath).FirstOrDefault();
}
