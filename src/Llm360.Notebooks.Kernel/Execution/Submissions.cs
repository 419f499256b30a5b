// The chain of compiled cells: each sees what those before it declared.
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using System.Text;
using Llm360.Notebooks.Kernel.Display;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Emit;
using Microsoft.CodeAnalysis.Text;

namespace Llm360.Notebooks.Kernel.Execution;

/// <summary>Compiles cells as submissions of one C# script and runs them.</summary>
/// <remarks>
/// Works like Roslyn's scripting host, with two differences. Checks for a stop are compiled in
/// (<see cref="StopChecks"/>), and the declarations that a stopped cell has made are kept. Cells
/// are loaded into the default context and stay until the process ends.
/// </remarks>
internal sealed class Submissions : IDisposable
{
    public static readonly CSharpParseOptions ParseOptions = new(LanguageVersion.Preview, DocumentationMode.None, SourceCodeKind.Script);

    private static readonly ConditionalWeakTable<Assembly, string> Cells = [];

    private static readonly EmitOptions Emitting = new(debugInformationFormat: DebugInformationFormat.PortablePdb);

    // Warnings that do not help: versions of the framework's assemblies differ, or a cell writes
    // "string?" without "#nullable enable".
    private static readonly string[] Silenced = ["CS1701", "CS1702", "CS8632"];

    private readonly string name = string.Create(CultureInfo.InvariantCulture, $"\u211B*{Guid.NewGuid():N}");
    private readonly PreloadingResolver references;
    private readonly CSharpCompilationOptions options;
    private readonly ConcurrentDictionary<string, Assembly> assemblies = new(StringComparer.Ordinal);
    private readonly List<SubmissionSource> sources = [];
    private readonly HashSet<MetadataReference> given = [];
    private object?[] states;
    private int filled = 1;
    private int made;
    private CSharpCompilation? last;

    public Submissions(CellGlobals globals, IEnumerable<string> imports, PreloadingResolver references, SourceReferenceResolver sources)
    {
        this.references = references;
        states = [globals, null];
        // Optimized code is as fast as compiled programs once it is hot. Debug information gives
        // exceptions their lines.
        // A cell is too small to be compiled by several threads: they would lose more time than
        // they save.
        options = new CSharpCompilationOptions(
            OutputKind.DynamicallyLinkedLibrary,
            usings: imports,
            optimizationLevel: OptimizationLevel.Release,
            allowUnsafe: true,
            concurrentBuild: false,
            metadataReferenceResolver: references,
            sourceReferenceResolver: sources,
            assemblyIdentityComparer: DesktopAssemblyIdentityComparer.Default,
            specificDiagnosticOptions: Silenced.Select(id => KeyValuePair.Create(id, ReportDiagnostic.Suppress)));
        AssemblyLoadContext.Default.Resolving += Find;
    }

    /// <summary>The public fields of all submissions, which are the variables, the oldest
    /// first.</summary>
    public IEnumerable<CellVariable> Variables =>
        from state in states.Take(filled).Skip(1)
        from variable in state!.GetType().GetFields(
            BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.DeclaredOnly)
        where char.IsLetterOrDigit(variable.Name[0]) || variable.Name[0] == '_'
        select new CellVariable(variable.Name, variable.FieldType, variable.GetValue(state));

    /// <summary>The source of every submission, in order.</summary>
    public IReadOnlyList<SubmissionSource> Sources
    {
        get
        {
            lock (sources)
                return [.. sources];
        }
    }

    /// <summary>The name of the cell that an assembly was compiled from; null for any other
    /// assembly.</summary>
    public static string? CellOf(Assembly assembly) => Cells.TryGetValue(assembly, out var cell) ? cell : null;

    public static SyntaxTree Parse(string code, string path, CancellationToken cancellation = default) =>
        CSharpSyntaxTree.ParseText(SourceText.From(code, Encoding.UTF8), ParseOptions, path, cancellation);

    /// <summary>The loaded references of a path; none if there is no such file.</summary>
    public ImmutableArray<PortableExecutableReference> Resolve(string path) =>
        references.ResolveReference(path, null, MetadataReferenceProperties.Assembly);

    /// <summary>Compiles a cell against those before it, without running it.</summary>
    /// <param name="tree">The cell.</param>
    /// <param name="cancellation">Ends the compilation.</param>
    /// <param name="more">References besides those of its directives; null for none.</param>
    /// <param name="imports">Namespaces that it and later cells use; null for none.</param>
    /// <returns>The cell, null if it does not compile; its compilation; the compiler's
    /// diagnostics.</returns>
    public (Submission? Cell, CSharpCompilation Compilation, IReadOnlyList<Diagnostic> Diagnostics) Compile(
        SyntaxTree tree, CancellationToken cancellation, IReadOnlyList<MetadataReference>? more = null,
            IReadOnlyList<string>? imports = null)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"#{++made}");
        // The compiler takes over the references and imports of earlier cells. Given again, they
        // would accumulate and make every cell slower than the last.
        var added = references.Default.ByName.Values.Concat(references.PackageReferences).Concat(more ?? [])
            .Where(reference => !given.Contains(reference)).Distinct();
        var settings = options.WithScriptClassName("Submission" + id);
        settings = settings.WithUsings((last is null ? settings.Usings : []).AddRange(imports ?? []));
        var compilation = CSharpCompilation.CreateScriptCompilation(name + id, tree, added, settings, last, typeof(object),
            typeof(CellGlobals));
        using var image = new MemoryStream();
        using var symbols = new MemoryStream();
        var emitted = compilation.Emit(image, symbols, options: Emitting, cancellationToken: cancellation);
        // The compiler reports a cancellation while it writes documentation as an error of the cell
        // (CS1569).
        cancellation.ThrowIfCancellationRequested();
        // Without a statement or a declaration there is nothing to emit, which is no error.
        if (!emitted.Success)
        {
            var isWrong = emitted.Diagnostics.Any(d => d.Severity == DiagnosticSeverity.Error);
            return (isWrong ? null : new Submission(compilation, null), compilation, emitted.Diagnostics);
        }

        image.Position = symbols.Position = 0;
        return (new Submission(compilation, Load(image, symbols, tree.FilePath)), compilation, emitted.Diagnostics);
    }

    /// <summary>Starts a compiled cell. Later cells see its declarations once <see cref="Keep"/> is
    /// called.</summary>
    public Task<object?> Start(Submission cell)
    {
        if (states.Length == filled)
            Array.Resize(ref states, 2 * filled);
        states[filled] = null;
        return cell.Entry is { } entry ? entry(states) : Task.FromResult<object?>(null);
    }

    /// <summary>Makes the started cell, ended or not, part of the chain. A cell that was stopped
    /// before its first statement has no state and is not added.</summary>
    public void Keep(Submission cell)
    {
        var hasState = states.Length > filled && states[filled] is not null;
        if (cell.Entry is not null && !hasState)
            return; // The compiler would count a state for it, and every later cell would look for its own one index too far.
        last = cell.Compilation;
        given.UnionWith(last.ExternalReferences);
        lock (sources)
            sources.Add(new SubmissionSource(cell.Compilation.SyntaxTrees[^1],
                [.. cell.Compilation.Options.Usings.Except(options.Usings)]));
        if (hasState)
            filled++;
    }

    /// <summary>Whether the assembly is that of a cell of this session.</summary>
    public bool Made(Assembly? assembly) => assembly is not null && assemblies.GetValueOrDefault(assembly.GetName().Name ?? "") == assembly;

    public void Dispose()
    {
        AssemblyLoadContext.Default.Resolving -= Find;
        states = [];
        filled = 0;
        last = null;
        given.Clear();
        assemblies.Clear();
    }

    private Func<object?[], Task<object?>>? Load(MemoryStream image, MemoryStream symbols, string cell)
    {
        var (checkedImage, checkedSymbols) = StopChecks.Insert(image, symbols);
        using (checkedImage)
        using (checkedSymbols)
        {
            var assembly = AssemblyLoadContext.Default.LoadFromStream(checkedImage, checkedSymbols);
            assemblies.TryAdd(assembly.GetName().Name!, assembly);
            Cells.AddOrUpdate(assembly, cell);
            return assembly.GetTypes()
                .Select(type => type.GetMethod("<Factory>", BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
                .FirstOrDefault(method => method is not null)?.CreateDelegate<Func<object?[], Task<object?>>>();
        }
    }

    private Assembly? Find(AssemblyLoadContext context, AssemblyName wanted) => assemblies.GetValueOrDefault(wanted.Name ?? "");
}

/// <summary>A compiled cell.</summary>
/// <param name="Compilation">Its compilation.</param>
/// <param name="Entry">Runs it on the states of the cells before; null for a cell with declarations
/// only.</param>
internal sealed record Submission(CSharpCompilation Compilation, Func<object?[], Task<object?>>? Entry);

/// <summary>A cell that ran, for editors.</summary>
/// <param name="Tree">Its code.</param>
/// <param name="Imports">Namespaces that it uses without a directive, in addition to those of every
/// session.</param>
internal sealed record SubmissionSource(SyntaxTree Tree, IReadOnlyList<string> Imports);
