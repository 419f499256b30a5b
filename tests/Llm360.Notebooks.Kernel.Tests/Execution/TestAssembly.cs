// Compiles a small assembly to reference from a cell.
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Llm360.Notebooks.Kernel.Tests.Execution;

internal static class TestAssembly
{
    public static void Compile(string path, string source, params string[] references)
    {
        string[] all = [typeof(object).Assembly.Location, .. references];
        var result = CSharpCompilation.Create(
            Path.GetFileNameWithoutExtension(path),
            [CSharpSyntaxTree.ParseText(source)],
            all.Select(reference => MetadataReference.CreateFromFile(reference)),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary)).Emit(path);
        if (!result.Success)
            throw new InvalidOperationException(string.Join('\n', result.Diagnostics));
    }
}
