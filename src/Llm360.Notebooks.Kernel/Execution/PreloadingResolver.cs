// #r "path.dll" and assemblies of packages, loaded at once into the default load context.
using System.Collections.Immutable;
using System.Reflection;
using System.Runtime.Loader;
using Llm360.Notebooks.Kernel.Packages;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Scripting;

namespace Llm360.Notebooks.Kernel.Execution;

/// <summary>Resolves references of cells and loads them.</summary>
/// <remarks>
/// Roslyn alone loads a reference late, into a separate context. Then two copies of one assembly
/// may be loaded, and types that look the same do not match. In the default context there is one
/// copy. Dependencies of a referenced assembly are searched for in the folders of the referenced
/// files.
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

    /// <summary>The references that every cell of the session has without a directive.</summary>
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

    /// <summary>The assemblies of all packages. A directive can resolve to one of them only, so
    /// cells get them in addition.</summary>
    public IEnumerable<PortableExecutableReference> PackageReferences =>
        packages.Assemblies.Select(assembly => assembly.Path).Select(path => Preload(MetadataReference.CreateFromFile(path)));

    // A package may have no assembly. Its directive then resolves to a reference that every cell
    // has.
    private PortableExecutableReference AnyReference => Default.ByName.Values.First();

    public override bool ResolveMissingAssemblies => inner.ResolveMissingAssemblies;

    public override ImmutableArray<PortableExecutableReference> ResolveReference(
        string reference, string? baseFilePath, MetadataReferenceProperties properties)
    {
        // A notebook that also runs in .NET Interactive asks there for the package. Here every cell
        // has its assembly.
        if (PackageDirectives.Parse(reference) is { } request)
        {
            return Default.ByName.TryGetValue(request.Id, out var packaged)
                ? [packaged]
                : packages.Has(request) ? [PackageReferences.FirstOrDefault(AnyReference)] : [];
        }

        // Cells are not files: their paths resolve against the base directory alone.
        var resolved = inner.ResolveReference(reference, null, properties);
        return [.. resolved.Select(Preload)];
    }

    // A cell does not need the further dependencies of the default references. They would cost time
    // and memory.
    public override PortableExecutableReference? ResolveMissingAssembly(MetadataReference definition, AssemblyIdentity referenceIdentity) =>
        !(definition is PortableExecutableReference known && Default.ByName.ContainsValue(known))
        && inner.ResolveMissingAssembly(definition, referenceIdentity) is { } found
            ? Preload(found)
            : null;

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

        // A second path to an assembly that every cell already has means the loaded assembly.
        if (Default.ByName.TryGetValue(name.Name!, out var known))
            return known;
        lock (gate)
        {
            // One reference object for each file: the compiler takes two objects for two
            // assemblies.
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
            // The kernel has loaded another version of it, which is used instead.
        }
    }

    private Assembly? FromFolders(AssemblyLoadContext context, AssemblyName name) =>
        folders.Select(folder => Path.Combine(folder, name.Name + ".dll"))
            .Where(File.Exists)
            .Select(context.LoadFromAssemblyPath)
            .FirstOrDefault();
}
