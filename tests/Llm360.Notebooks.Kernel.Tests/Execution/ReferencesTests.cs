// The references of cells: given once, so that the thousandth cell costs as much as the second.
using Llm360.Notebooks.Kernel.Display;
using Llm360.Notebooks.Kernel.Editing;
using Llm360.Notebooks.Kernel.Execution;
using Llm360.Notebooks.Kernel.Packages;
using Microsoft.CodeAnalysis.Scripting;
using Xunit;

namespace Llm360.Notebooks.Kernel.Tests.Execution;

public sealed class ReferencesTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_later_cell_is_given_only_references_that_are_new()
    {
        var library = Path.Combine(folder.Path, "library.dll");
        TestAssembly.Compile(library, "public static class Library { public static int Two => 2; }");
        using var packages = new SessionPackages(folder.Path);
        using var resolver = new PreloadingResolver(folder.Path, packages);
        var globals = new CellGlobals(new SessionOutputs(new RecordingSink(), null), (_, _) => "");
        using var submissions = new Submissions(globals, CSharpSession.Imports, resolver, ScriptSourceResolver.Default);
        var counts = new List<int>();
        string[] cells =
        [
            "var list = new List<int>();",
            "missing",
            "list.Add(1);",
            "#r \"library.dll\"\nlist.Add(Library.Two);",
            "list.Sum() + Library.Two",
        ];
        foreach (var code in cells)
        {
            var (cell, _, diagnostics) = submissions.Compile(Submissions.Parse(code, "cell"), TestContext.Current.CancellationToken);
            if (cell is null)
            {
                Assert.Contains(diagnostics, diagnostic => diagnostic.Id == "CS0103");
                continue;
            }

            var value = await submissions.Start(cell);
            submissions.Keep(cell);
            counts.Add(cell.Compilation.References.Count());
            if (code.EndsWith("Two", StringComparison.Ordinal))
                Assert.Equal(5, value);
        }

        Assert.Equal([resolver.Default.ByName.Count, 0, 1, 0], counts);
    }

    [Fact]
    public async Task The_editor_is_given_every_reference_once()
    {
        var library = Path.Combine(folder.Path, "once.dll");
        TestAssembly.Compile(library, "public static class Once { }");
        using var session = new CSharpSession(new RecordingSink(), new SessionOptions { WorkingDirectory = folder.Path });
        var workspace = new SessionWorkspace(session);
        Assert.Empty(workspace.Open("1").Project.MetadataReferences);
        foreach (var code in new[] { "var a = 1;", "#r \"once.dll\"", "typeof(Once)", "a" })
            Assert.Equal(CellStatus.Ok, (await session.ExecuteAsync(code, TestContext.Current.CancellationToken)).Status);
        var document = workspace.Open("a");
        Assert.Single(
            document.Project.Solution.Projects.SelectMany(project => project.MetadataReferences),
            reference => reference.Display == library);
        Assert.Single(document.Project.Solution.Projects, project => project.MetadataReferences.Count > 1);
        var matches = await new CodeEditing(session).CompleteAsync("Onc", 3);
        Assert.Contains(matches.Items, match => match.Text == "Once");
    }

    [Fact]
    public async Task What_the_kernel_is_built_on_is_no_reference_of_a_cell()
    {
        using var session = new CSharpSession(new RecordingSink());
        var shown = await session.ExecuteAsync("display(HTML(\"<b>1</b>\"));", TestContext.Current.CancellationToken);
        Assert.Equal(CellStatus.Ok, shown.Status);
        Assert.Empty(session.ReferencedFiles);
        var refused = await session.ExecuteAsync("typeof(Microsoft.CodeAnalysis.SyntaxTree)", TestContext.Current.CancellationToken);
        Assert.Equal("CS0234", refused.Error!.Name);
    }
}
