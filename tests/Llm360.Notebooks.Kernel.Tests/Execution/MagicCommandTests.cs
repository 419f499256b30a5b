// #!name in cells: sections, the commands that work here, and advice on the others.
using Llm360.Notebooks.Kernel.Documents;
using Llm360.Notebooks.Kernel.Execution;
using Xunit;

namespace Llm360.Notebooks.Kernel.Tests.Execution;

public sealed class MagicCommandTests : IDisposable
{
    private readonly RecordingSink sink = new();
    private readonly TemporaryFolder folder = new();
    private readonly CSharpSession session;

    public MagicCommandTests() => session = new CSharpSession(sink, new SessionOptions { WorkingDirectory = folder.Path });

    public void Dispose()
    {
        session.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task Sections_of_a_cell_run_in_their_order()
    {
        const string cell = "#!markdown\n# It's a title\n#!csharp\nvar a = 1;\na + 1\n#!html\n<b>bold</b>\n#!c#\na + 2";
        Assert.Null((await RunAsync(cell)).Error);
        Assert.Equal(["display text/markdown", "display text/plain", "display text/html", "result text/plain"],
            sink.Calls.Select(call => $"{call.Kind} {call.Bundle!.Data.First().Key}"));
        Assert.Equal(["# It's a title", "2", "<b>bold</b>", "3"], sink.Calls.Select(call => call.Bundle!.Data["text/plain"]!.ToString()));
    }

    [Theory]
    [InlineData("#!csharp\n6 * 7")]
    [InlineData("#!C#\n6 * 7")]
    [InlineData("var text = \"\"\"\n    #!who\n    \"\"\";\n6 * 7")]
    [InlineData("/*\n#!fsharp\n*/\n6 * 7")]
    [InlineData("#!who\n6 * 7")]
    public async Task The_value_of_the_last_section_is_the_result(string cell)
    {
        Assert.Null((await RunAsync(cell)).Error);
        Assert.Equal("42", sink.Bundles("result").Single().Data["text/plain"]!.ToString());
    }

    [Fact]
    public async Task The_time_of_a_cell_is_shown()
    {
        Assert.Null((await RunAsync("#!time\nvar n = 5;\nn")).Error);
        Assert.Equal("5", sink.Bundles("result").Single().Data["text/plain"]!.ToString());
        Assert.Matches(@"^Wall time: [0-9.]+ms$", sink.LastPlain);
    }

    [Fact]
    public async Task Variables_commands_and_the_version_are_listed()
    {
        await RunAsync("var counts = new Dictionary<string, int> { [\"a\"] = 1 }; string? none = null; var name = \"Ada\";");
        Assert.Null((await RunAsync("#!who")).Error);
        Assert.Equal("counts, none, name", sink.LastPlain);
        Assert.Null((await RunAsync("#!whos")).Error);
        Assert.Matches(@"name\s+String\s+Ada", sink.LastPlain);
        Assert.Matches(@"none\s+String\s+null", sink.LastPlain);
        Assert.Contains("Dictionary<String, Int32>", sink.LastPlain, StringComparison.Ordinal);
        Assert.Null((await RunAsync("#!about")).Error);
        Assert.StartsWith("C# on .NET", sink.LastPlain, StringComparison.Ordinal);
        Assert.Null((await RunAsync("#!lsmagic")).Error);
        Assert.Contains("#!whos", sink.LastPlain, StringComparison.Ordinal);
    }

    [Fact]
    public async Task JavaScript_is_run_by_the_page_and_a_diagram_is_Markdown()
    {
        await RunAsync("#!javascript\nconsole.log(1);");
        Assert.Equal("<script type=\"text/javascript\">console.log(1);</script>",
            sink.Bundles("display").Last().Data["text/html"]!.ToString());
        await RunAsync("#!mermaid\ngraph TD\nA --> B");
        Assert.Equal("```mermaid\ngraph TD\nA --> B\n```", sink.Bundles("display").Last().Data["text/markdown"]!.ToString());
    }

    [Theory]
    [InlineData("#!fsharp\nlet x = 1", 1, "C# only")]
    [InlineData("Console.Write(1);\n#!pwsh\nls", 2, "C# only")]
    [InlineData("#!sql\nselect 1", 1, "another language")]
    [InlineData("#!connect mssql --kernel-name db", 1, "suite.Query")]
    [InlineData("var a = 1;\n#!share --from fsharp x", 2, "x = y;")]
    [InlineData("#!set --name x --value 1", 1, "x = y;")]
    [InlineData("#!log", 1, "#!lsmagic")]
    [InlineData("#!import", 1, "needs a file")]
    [InlineData("#!import nowhere.csx", 1, "there is no file")]
    public async Task What_cannot_run_here_says_what_to_do_and_nothing_of_the_cell_runs(string cell, int line, string advice)
    {
        var result = await RunAsync(cell);
        Assert.Equal((CellStatus.CompileError, "magic", line), (result.Status, result.Error!.Name, result.Error.Line));
        Assert.Contains(advice, result.Error.Message, StringComparison.Ordinal);
        Assert.Contains(result.Error.Traceback, text => text.Contains("#!", StringComparison.Ordinal));
        Assert.Equal("", sink.Stdout);
        Assert.Empty(session.Variables);
    }

    [Theory]
    [InlineData("%time 1 + 1", "#!time")]
    [InlineData("%%timeit\n1 + 1", "#!time")]
    [InlineData("%matplotlib inline", "Figures here need no setting")]
    [InlineData("!ls -l", "Process.Start")]
    [InlineData("!pip install torch", "Process.Start")]
    [InlineData("?Console", "Shift+Tab")]
    [InlineData("Console.WriteLine?", "Shift+Tab")]
    [InlineData("record P(int X);\nvar p = new P(1);\np with { X = 2 }", "(value with")]
    public async Task Habits_of_IPython_get_one_hint(string cell, string advice)
    {
        var result = await RunAsync(cell);
        Assert.Equal("magic", result.Error!.Name);
        Assert.Contains(advice, result.Error.Message, StringComparison.Ordinal);
        Assert.InRange(result.Error.Traceback.Count, 1, 3);
    }

    [Theory]
    [InlineData("bool flag = true;\n!flag", "False")]
    [InlineData("int a = 7;\nvar b = a\n  % 4;\nb", "3")]
    [InlineData("int? c = null;\nc", "null")]
    public async Task Code_that_looks_like_it_is_code(string cell, string value)
    {
        Assert.Null((await RunAsync(cell)).Error);
        Assert.Equal(value, sink.LastPlain);
    }

    [Fact]
    public async Task Files_and_notebooks_are_imported()
    {
        File.WriteAllText(folder.File("tools.csx"), "int Twice(int n) => 2 * n;");
        File.WriteAllText(folder.File("other.dib"),
            "#!markdown\n\n# Title\n\n#!csharp\n\nvar base1 = Twice(10);\n\n#!csharp\n\nbase1 + 1\n");
        Assert.Null((await RunAsync("#!import tools.csx\n#!import \"other.dib\"\nbase1 + Twice(1)")).Error);
        Assert.Equal("21", sink.Bundles("display").Single().Data["text/plain"]!.ToString());
        Assert.Equal("22", sink.LastPlain);

        File.WriteAllText(folder.File("loop.dib"), "#!csharp\n\n#!import loop.dib\n");
        Assert.Contains("imports itself", (await RunAsync("#!import loop.dib")).Error!.Message, StringComparison.Ordinal);
        File.WriteAllText(folder.File("wrong.dib"), "#!csharp\n\nvar x = 1;\nmissing\n");
        var wrong = (await RunAsync("#!import wrong.dib")).Error!;
        Assert.Equal("wrong.dib, cell 1, line 2, column 1: error CS0103: The name 'missing' does not exist in the current context",
            wrong.Traceback[0]);
    }

    [Fact]
    public async Task Lines_of_errors_count_from_the_cells_beginning()
    {
        var compile = (await RunAsync("#!markdown\ntext\n#!csharp\nvar a = missing;")).Error!;
        Assert.Equal((4, "    var a = missing;"), (compile.Line, compile.Traceback[1]));
        var thrown = (await RunAsync("#!time\nvar b = 1;\nthrow new Exception(\"x\");")).Error!;
        Assert.Equal(3, thrown.Line);
    }

    [Fact]
    public async Task A_reference_may_stand_after_code()
    {
        TestAssembly.Compile(folder.File("late.dll"), "public static class Late { public static int One => 1; }");
        Assert.Null((await RunAsync("using System.Text;\nvar before = 1;\n#r \"late.dll\"\nbefore + Late.One")).Error);
        Assert.Equal("2", sink.LastPlain);
        var missing = (await RunAsync("var c = 1;\n  #r \"nowhere.dll\"\nc")).Error!;
        Assert.Equal(("CS0006", 2), (missing.Name, missing.Line));
        Assert.Contains("#r \"nowhere.dll\"", missing.Traceback[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_extension_method_brings_its_using_and_a_type_is_told_its_own()
    {
        Assert.Null((await RunAsync("var list = new[] { 3, 1, 2 };\nlist.ToImmutableArray().Length")).Error);
        Assert.Equal("3", sink.LastPlain);
        Assert.Equal("Added: using System.Collections.Immutable;\n", sink.Stderr);
        Assert.Null((await RunAsync("ImmutableArray.Create(1).Length")).Error);
        var type = (await RunAsync("var watch = Stopwatch.StartNew();")).Error!;
        Assert.Equal("  what to do: add using System.Diagnostics;", type.Traceback[^1]);
        Assert.Contains("PocketViewTags;", (await RunAsync("span(\"x\")")).Error!.Traceback[^1], StringComparison.Ordinal);
        Assert.Contains("call display", (await RunAsync("Kernel.display(1)")).Error!.Traceback[^1], StringComparison.Ordinal);
        Assert.Contains("call display",
            (await RunAsync("await Microsoft.DotNet.Interactive.Kernel.GetInputAsync(\"x\")")).Error!.Traceback[^1],
                StringComparison.Ordinal);
        Assert.DoesNotContain("what to do", (await RunAsync("Nonsense.Word()")).Error!.Traceback[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cell_of_another_language_is_shown_or_refused()
    {
        await session.ExecuteAsync("<i>x</i>", new CellOptions { Language = "html" }, TestContext.Current.CancellationToken);
        Assert.Equal("<i>x</i>", sink.Bundles("display").Single().Data["text/html"]!.ToString());
        var refused = await session.ExecuteAsync("let x = 1", new CellOptions { Language = "fsharp" },
            TestContext.Current.CancellationToken);
        Assert.Equal(("magic", 1), (refused.Error!.Name, refused.Error.Line));
        Assert.Contains("C# only", refused.Error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_text_is_split_and_keeps_its_positions()
    {
        string[] parts = ["#!", "#!csharp", "#!markdown", "#!who", "#!time x", "\n", "\r\n", "\"", "\"\"\"", "/*", "*/", "//", "#r \"a\"",
            "#i \"nuget: b\"", " ", "var a", "{", "é"];
        var random = new Random(1);
        for (var i = 0; i < 3000; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => parts[random.Next(parts.Length)]));
            var only = CellSections.CSharpOnly(text);
            Assert.Equal(text.Length, only.Length);
            Assert.Equal(text.Count(c => c == '\n'), only.Count(c => c == '\n'));
            foreach (var section in CellSections.Split(text))
                Assert.Equal(section.Text.Length, CellDirectives.TakeOut(section.Text, "cell").Code.Length);
            Assert.NotNull(DibFile.Write(DibFile.Parse(text, "any")));
        }
    }

    private Task<CellResult> RunAsync(string code) => session.ExecuteAsync(code, TestContext.Current.CancellationToken);
}
