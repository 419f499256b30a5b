// How cells fail: compile errors, exceptions and cancellation, told by the user's own lines.
using Llm360.Notebooks.Kernel.Execution;
using Xunit;

namespace Llm360.Notebooks.Kernel.Tests.Execution;

public sealed class CellErrorTests : IDisposable
{
    private readonly RecordingSink sink = new();
    private readonly CSharpSession session;

    public CellErrorTests() => session = new CSharpSession(sink);

    public void Dispose() => session.Dispose();

    [Fact]
    public async Task A_compile_error_has_code_place_source_and_caret()
    {
        await Run("int n = 1;");
        var result = await Run("var a = 1;\n\tvar b = missing + 1;\na");
        Assert.Equal(CellStatus.CompileError, result.Status);
        Assert.Equal(("CS0103", 2, 10), (result.Error!.Name, result.Error.Line, result.Error.Column));
        Assert.Equal(
            [
                "cell 2, line 2, column 10: error CS0103: The name 'missing' does not exist in the current context",
                "    \tvar b = missing + 1;",
                "    \t        ^",
            ],
            result.Error.Traceback);
        Assert.Equal("CS0103", (await Run("a")).Error!.Name);
        Assert.Equal(CellStatus.Ok, (await Run("n")).Status);
    }

    [Fact]
    public async Task A_syntax_error_and_many_errors_are_shown()
    {
        var result = await Run(string.Join('\n', Enumerable.Range(0, 15).Select(i => $"var x{i} = nope{i};")));
        Assert.Equal(31, result.Error!.Traceback.Count);
        Assert.Equal("and 5 more errors", result.Error.Traceback[^1]);
        Assert.Equal(CellStatus.CompileError, (await Run("int x = ;")).Status);
    }

    [Fact]
    public async Task An_exception_shows_only_the_users_frames_and_keeps_the_state()
    {
        await Run("int Divide(int a, int b)\n{\n    return a / b;\n}\n"
            + "async Task<int> Later(int b)\n{\n    await Task.Yield();\n    return Divide(1, b);\n}");
        var result = await Run("var before = 5;\nvar zero = 0;\nawait Later(zero);\nvar after = 6;");
        Assert.Equal(CellStatus.RuntimeError, result.Status);
        Assert.Equal("System.DivideByZeroException", result.Error!.Name);
        Assert.Equal(3, result.Error.Line);
        Assert.Equal(
            [
                "System.DivideByZeroException: Attempted to divide by zero.",
                "  at cell 1, line 3, in Divide",
                "  at cell 1, line 8, in Later",
                "  at cell 2, line 3",
            ],
            result.Error.Traceback);
        Assert.Equal(CellStatus.Ok, (await Run("before + after")).Status);
        Assert.Equal("5", sink.LastPlain);
    }

    [Fact]
    public async Task Frames_of_the_framework_and_wrappers_are_left_out()
    {
        var result = await Run("Task.Run(() =>\n{\n    new[] { 1 }.Select(x => int.Parse(\"x\")).ToList();\n}).Wait();");
        Assert.Equal("System.FormatException", result.Error!.Name);
        Assert.All(result.Error.Traceback.Skip(1), line => Assert.StartsWith("  at cell 1, line ", line, StringComparison.Ordinal));
        Assert.Equal(3, result.Error.Line);
    }

    [Fact]
    public async Task A_fault_whose_line_the_runtime_does_not_know_names_its_cell()
    {
        var result = await Run("int[] a = { 1 }; a[5]");
        Assert.StartsWith("  at cell 1", result.Error!.Traceback[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cause_is_named()
    {
        var result = await Run("class Mine : Exception { public Mine(Exception e) : base(\"outer\", e) { } }\n"
            + "throw new Mine(new IOException(\"disk\"));");
        Assert.Equal("Mine", result.Error!.Name);
        Assert.Equal(["Mine: outer", "  at cell 1, line 2", "  caused by System.IO.IOException: disk"], result.Error.Traceback);
    }

    [Fact]
    public async Task The_kits_own_error_is_shown_by_its_three_parts()
    {
        var result = await Run("throw new Llm360Exception(\"Wrong.\", \"file 7\", \"Fix it.\");");
        Assert.Equal(["Wrong.", "  where: file 7", "  what to do: Fix it.", "  at cell 1, line 1"], result.Error!.Traceback);
    }

    [Fact]
    public async Task A_cooperative_cell_is_cancelled_and_the_session_lives_on()
    {
        using var source = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        const string code = "var reached = true;\nConsole.WriteLine(\"on\");\nawait Task.Delay(60000, AmbientWork.Cancellation);";
        var running = session.ExecuteAsync(code, source.Token);
        while (sink.Calls.Count == 0)
            await Task.Delay(5, TestContext.Current.CancellationToken);
        await source.CancelAsync();
        var result = await running;
        Assert.Equal(CellStatus.Cancelled, result.Status);
        Assert.Equal(["The cell was cancelled.", "  at cell 1, line 3"], result.Error!.Traceback);
        await Run("reached");
        Assert.Equal("True", sink.LastPlain);
    }

    [Theory]
    [InlineData("int Deeper(int n) => Deeper(n + 1) + 1;\nDeeper(0)")]
    [InlineData("class Deep { public int Deeper => Deeper + 1; }\nnew Deep().Deeper")]
    public async Task A_recursion_without_an_end_is_an_error_and_the_session_lives_on(string code)
    {
        await Run("var kept = 7;");
        var result = await Run(code);
        Assert.Equal(
            (CellStatus.RuntimeError, "System.InsufficientExecutionStackException", 1),
            (result.Status, result.Error!.Name, result.Error.Line));
        Assert.Contains(result.Error.Traceback, line => line.StartsWith("  at cell 2, line 1, in ", StringComparison.Ordinal));
        Assert.InRange(result.Error.Traceback.Count, 3, 25);
        Assert.Equal("  what to do: see where the recursion should end, or write it as a loop", result.Error.Traceback[^1]);
        await Run("kept");
        Assert.Equal("7", sink.LastPlain);
    }

    [Fact]
    public async Task A_timeout_of_the_cells_own_is_an_error_and_no_cancellation()
    {
        var result = await Run("using var own = new CancellationTokenSource(1);\nawait Task.Delay(60000, own.Token);");
        Assert.Equal((CellStatus.RuntimeError, 2), (result.Status, result.Error!.Line));
    }

    [Fact]
    public async Task An_error_beside_a_using_declaration_shows_the_source_as_written()
    {
        var result = await Run("using var reader = new StringReader(nope);");
        Assert.Equal(
            ["    using var reader = new StringReader(nope);", "    " + new string(' ', 36) + "^"],
            result.Error!.Traceback.Skip(1));
    }

    [Fact]
    public async Task A_missing_reference_is_told_where_the_cell_names_it()
    {
        var result = await Run("int a = 1;\n#r \"nowhere/Missing.dll\"");
        Assert.Equal(CellStatus.CompileError, result.Status);
        Assert.Contains(result.Error!.Traceback, line => line.Contains("nowhere/Missing.dll", StringComparison.Ordinal));
    }

    private Task<CellResult> Run(string code) => session.ExecuteAsync(code, TestContext.Current.CancellationToken);
}
