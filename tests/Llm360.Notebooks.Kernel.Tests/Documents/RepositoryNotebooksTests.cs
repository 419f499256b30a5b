// The notebooks of this repository: their metadata name the kernel, their code needs nothing of it.
using System.Text.Json.Nodes;
using Llm360.Notebooks.Kernel.Documents;
using Llm360.Notebooks.Kernel.Jupyter;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Scripting;
using Microsoft.CodeAnalysis.Scripting;
using Xunit;

namespace Llm360.Notebooks.Kernel.Tests.Documents;

public sealed class RepositoryNotebooksTests
{
    // The imports of .NET Interactive.
    private static readonly string[] Usings =
    [
        "System", "System.Text", "System.Collections", "System.Collections.Generic", "System.Threading.Tasks", "System.Linq",
    ];

    public static TheoryData<string> Names =>
        [.. Directory.GetFiles(Path.Combine(Workspace.Repository!, "notebooks"), "*.ipynb").Select(path => Path.GetFileName(path)).Order()];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_kernel_that_is_installed_is_the_one_named(string name)
    {
        using var folder = new TemporaryFolder();
        var spec = KernelSpec.Install(folder.Path, KernelSpec.DefaultName, ["llm360"], new Dictionary<string, string>());
        var installed = JsonNode.Parse(File.ReadAllText(Path.Combine(spec.Folder, "kernel.json")))!;
        var notebook = Read(name);
        var named = notebook.Metadata["kernelspec"]!;
        Assert.Equal(
            (KernelSpec.DefaultName, installed["display_name"]!.ToString(), installed["language"]!.ToString()),
            (named["name"]!.ToString(), named["display_name"]!.ToString(), named["language"]!.ToString()));
        Assert.Equal("C#", notebook.Metadata["language_info"]!["name"]!.ToString());
        Assert.All(Code(notebook), cell => Assert.Equal("csharp", cell.Metadata["polyglot_notebook"]?["kernelName"]?.ToString()));
        Assert.All(Code(notebook), cell => Assert.Empty(cell.Outputs));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_code_compiles_as_a_plain_script_with_the_usings_of_NET_Interactive(string name)
    {
        var assemblies = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);
        var options = ScriptOptions.Default
            .WithLanguageVersion(Microsoft.CodeAnalysis.CSharp.LanguageVersion.Preview)
            .WithImports(Usings)
            .WithReferences(assemblies.Select(path => MetadataReference.CreateFromFile(path)));
        Script<object>? script = null;
        foreach (var cell in Code(Read(name)))
        {
            script = script?.ContinueWith(cell.Source) ?? CSharpScript.Create(cell.Source, options);
            Assert.Empty(script.Compile(TestContext.Current.CancellationToken).Where(d => d.Severity == DiagnosticSeverity.Error));
        }
    }

    private static NotebookFile Read(string name) => NotebookFile.Read(Path.Combine(Workspace.Repository!, "notebooks", name));

    private static IEnumerable<NotebookCell> Code(NotebookFile notebook) => notebook.Cells.Where(cell => cell.Type == CellType.Code);
}
