// .dib files: read, written, converted, and run.
using Llm360.Notebooks.Kernel.Documents;
using Llm360.Notebooks.Kernel.Running;
using Xunit;

namespace Llm360.Notebooks.Kernel.Tests.Documents;

[Collection(nameof(Running))]
public sealed class DibFileTests : IDisposable
{
    private const string Sample =
        "#!meta\n\n{\"kernelInfo\":{\"defaultKernelName\":\"csharp\","
        + "\"items\":[{\"aliases\":[\"sharp\"],\"name\":\"csharp\"},{\"name\":\"db\"}]}}\n"
        + "\n#!markdown\n\n# Title\n\nText with `#!csharp` within.\n"
        + "\n#!csharp\n\n#!time\nvar a = 20;\n\nvar b = a + 1;\n"
        + "\n#!html\n\n<b>bold</b>\n"
        + "\n#!csharp\n\na + b\n";

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_file_comes_back_as_it_was()
    {
        var notebook = DibFile.Parse(Sample, "sample.dib");
        Assert.Equal(
            [(CellType.Markdown, "# Title\n\nText with `#!csharp` within."), (CellType.Code, "#!time\nvar a = 20;\n\nvar b = a + 1;"),
                (CellType.Code, "<b>bold</b>"), (CellType.Code, "a + b")],
            notebook.Cells.Select(cell => (cell.Type, cell.Source)));
        Assert.Equal("html", notebook.Cells[2].Metadata["polyglot_notebook"]!["kernelName"]!.ToString());
        Assert.Equal("csharp", notebook.Cells[1].Metadata["dotnet_interactive"]!["language"]!.ToString());
        Assert.Equal(Sample, DibFile.Write(notebook));
        Assert.Equal(Sample, DibFile.Write(NotebookFile.Parse(notebook.ToJson(), "copy")));
    }

    [Fact]
    public void Cells_before_the_first_mark_and_aliases_have_a_language()
    {
        Assert.Equal("1 + 1", DibFile.Parse("1 + 1\r\n", "x").Cells.Single().Source);
        var aliases = DibFile.Parse(Sample + "\n#!sharp\n\n3\n\n#!C#\n\n4\n\n#!db\n\nselect 1\n", "x").Cells;
        Assert.Equal(["csharp", "csharp", "db"], aliases.TakeLast(3).Select(cell =>
            cell.Metadata["polyglot_notebook"]!["kernelName"]!.ToString()));
        Assert.Empty(DibFile.Parse("", "x").Cells);
    }

    [Theory]
    [InlineData("#!meta\n\n{\"kernelInfo\":", "sample.dib, line 1")]
    [InlineData("#!meta\n\n[1]\n\n#!csharp\n1", "sample.dib, line 1")]
    public void Malformed_metadata_are_told(string text, string where)
    {
        var error = Assert.Throws<Llm360Exception>(() => DibFile.Parse(text, "sample.dib"));
        Assert.Contains("#!meta", error.What, StringComparison.Ordinal);
        Assert.Contains(where, error.Where, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_are_converted_both_ways_and_no_other_format_is()
    {
        File.WriteAllText(folder.File("a.dib"), Sample);
        NotebookSource.Convert(folder.File("a.dib"), folder.File("a.ipynb"));
        Assert.Equal(4, NotebookFile.Read(folder.File("a.ipynb")).Cells.Count);
        Assert.Equal(0, NotebookSource.Convert(folder.File("a.ipynb"), folder.File("b.dib")));
        Assert.Equal(Sample, File.ReadAllText(folder.File("b.dib")));
        Assert.Contains("a.txt", Assert.Throws<Llm360Exception>(() =>
            NotebookSource.Convert(folder.File("a.dib"), folder.File("a.txt"))).Where, StringComparison.Ordinal);
        Assert.Throws<Llm360Exception>(() => NotebookSource.Convert(folder.File("none.dib"), folder.File("c.ipynb")));
    }

    [Fact]
    public async Task A_file_runs_into_a_notebook_with_its_outputs()
    {
        File.WriteAllText(folder.File("a.dib"), Sample);
        var result = await NotebookRunner.RunAsync(new NotebookRunOptions(folder.File("a.dib"), folder.File("out.ipynb")),
            TestContext.Current.CancellationToken);
        Assert.Null(result.Failure);
        var cells = NotebookFile.Read(folder.File("out.ipynb")).Cells;
        Assert.Equal("<b>bold</b>", MultilineText.Join(cells[2].Outputs.Single()!["data"]!["text/html"]));
        Assert.Equal("41", MultilineText.Join(cells[3].Outputs.Single()!["data"]!["text/plain"]));
        var target = new NotebookRunOptions(folder.File("a.dib"), folder.File("out.dib"));
        await Assert.ThrowsAsync<Llm360Exception>(() => NotebookRunner.RunAsync(target, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("\"kernelspec\": { \"language\": \"python\", \"name\": \"python3\" }", "", "written in python")]
    [InlineData("\"language_info\": { \"name\": \"F#\" }", "", "written in F#")]
    [InlineData("\"kernelspec\": { \"language\": \"C#\", \"name\": \".net-csharp\" }",
        "\"polyglot_notebook\": { \"kernelName\": \"fsharp\" }", "cell is written in fsharp")]
    [InlineData("\"kernelspec\": { \"language\": \"C#\", \"name\": \".net-csharp\" }", "\"dotnet_interactive\": { \"language\": \"pwsh\" }",
        "cell is written in pwsh")]
    public async Task Another_language_is_refused_before_anything_runs(string notebook, string cell, string what)
    {
        File.WriteAllText(folder.File("a.ipynb"), $$"""
            { "cells": [ { "cell_type": "code", "metadata": { {{cell}} }, "source": "print(1)", "outputs": [], "execution_count": null } ],
              "metadata": { {{notebook}} }, "nbformat": 4, "nbformat_minor": 4 }
            """);
        var options = new NotebookRunOptions(folder.File("a.ipynb"), folder.File("out.ipynb"));
        var error = await Assert.ThrowsAsync<Llm360Exception>(() =>
            NotebookRunner.RunAsync(options, TestContext.Current.CancellationToken));
        Assert.Contains(what, error.What, StringComparison.Ordinal);
        Assert.False(File.Exists(folder.File("out.ipynb")));
    }
}
