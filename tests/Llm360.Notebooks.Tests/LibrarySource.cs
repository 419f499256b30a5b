// The compiled source of the library, for tests of its folders and its documentation.
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Llm360.Notebooks.Tests;

/// <summary>Compiles the library once for all tests of its source.</summary>
internal static class LibrarySource
{
    private const string GlobalUsings = "global using System; global using System.Collections.Generic; global using System.IO; "
        + "global using System.Linq; global using System.Threading; global using System.Threading.Tasks;\n";

    private static readonly Lazy<CSharpCompilation> Compiled = new(Compile);

    /// <summary>The folder of the library.</summary>
    public static string Folder { get; } = Path.Combine(Workspace.Repository!, "src", "Llm360.Notebooks");

    /// <summary>The compilation. Its syntax trees have paths relative to the folder, with forward
    /// slashes.</summary>
    public static CSharpCompilation Compilation => Compiled.Value;

    private static CSharpCompilation Compile()
    {
        var trees = Directory.EnumerateFiles(Folder, "*.cs", SearchOption.AllDirectories)
            .Select(file => (File: file, Path: Path.GetRelativePath(Folder, file).Replace('\\', '/')))
            .Where(f => !f.Path.StartsWith("bin/", StringComparison.Ordinal) && !f.Path.StartsWith("obj/", StringComparison.Ordinal))
            .Select(f => CSharpSyntaxTree.ParseText(GlobalUsings + File.ReadAllText(f.File), path: f.Path));
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileNameWithoutExtension(path) != "Llm360.Notebooks")
            .Select(path => MetadataReference.CreateFromFile(path));
        var options = new CSharpCompilationOptions(
            OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true, nullableContextOptions: NullableContextOptions.Enable);
        return CSharpCompilation.Create("library", trees, references, options);
    }
}
