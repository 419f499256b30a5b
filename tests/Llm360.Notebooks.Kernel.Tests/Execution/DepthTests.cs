// Endless recursion and very deeply nested source: errors of the cell, not the end of the process.
using Llm360.Notebooks.Kernel.Execution;
using Xunit;

namespace Llm360.Notebooks.Kernel.Tests.Execution;

// Not beside other tests: a garbage collection walks the deep stacks, and the whole process waits
// for it.
[CollectionDefinition(nameof(DepthTests), DisableParallelization = true)]
[Collection(nameof(DepthTests))]
public sealed class DepthTests : IDisposable
{
    private readonly RecordingSink sink = new();
    private readonly CSharpSession session;

    public DepthTests() => session = new CSharpSession(sink);

    public static TheoryData<string, string> Nested => new()
    {
        { "parentheses", $"var r = {Repeat("(", 10_000)}1{Repeat(")", 10_000)};" },
        { "blocks", Repeat("{", 10_000) + Repeat("}", 10_000) },
        { "open brackets", Repeat("[", 100_000) },
        { "type arguments", $"{Repeat("List<", 10_000)}int{Repeat(">", 10_000)} r = null;" },
        { "tuples", $"var r = {Repeat("(", 10_000)}1{Repeat(",2)", 10_000)};" },
        { "classes", Repeat("class A {", 10_000) + Repeat("}", 10_000) },
        { "negations", $"var r = {Repeat("!", 100_000)}true;" },
        { "conditions", $"var x = true; var r = {Repeat("x ? 1 : ", 100_000)}2;" },
        { "else ifs", $"var x = 1; {Repeat("if (x == 2) x = 3; else ", 20_000)}x = 4;" },
        { "sums", $"var x = 1; var r = {Repeat("x + ", 100_000)}x;" },
    };

    public void Dispose() => session.Dispose();

    [Theory]
    [InlineData("int Compare(int a, int b) { new List<int> { 3, 1, 2 }.Sort(Compare); return a - b; }\n"
        + "new List<int> { 3, 1, 2 }.Sort(Compare);")]
    [InlineData("Comparison<int> compare = null; "
        + "compare = (a, b) => { new List<int> { 3, 1, 2 }.Sort(compare); return a - b; };\n"
        + "new List<int> { 3, 1, 2 }.Sort(compare);")]
    [InlineData("IEnumerable<int> F(int n) { foreach (var x in F(n + 1)) yield return x; }\nF(0).Count()")]
    [InlineData("async Task<int> F(int n) => await F(n + 1) + 1;\nawait F(0)")]
    [InlineData("async IAsyncEnumerable<int> F(int n) { await foreach (var x in F(n + 1)) yield return x; }\n"
        + "await foreach (var x in F(0)) { }")]
    [InlineData("int F(int n) { try { throw new IOException(); } catch (IOException) when (F(n + 1) > 0) { return 1; } }\nF(0)")]
    [InlineData("int F(int n) { try { throw new IOException(); } catch (IOException) { return F(n + 1); } }\nF(0)")]
    [InlineData("int F(int n) { try { throw new IOException(); } catch (Exception) { return F(n + 1); } }\nF(0)")]
    [InlineData("int F(int n) { try { throw new IOException(); } finally { F(n + 1); } }\nF(0)")]
    [InlineData("void Log() { } int F(int n) { try { return F(n + 1) + 1; } finally { Log(); } }\nF(0)")]
    [InlineData("class A : IDisposable { public void Dispose() { try { } finally { Dispose(); } } }\nnew A().Dispose();")]
    [InlineData("unsafe int F(int n) { var room = stackalloc byte[200_000]; return F(n + 1) + room[0]; }\nF(0)")]
    [InlineData("class A { public override bool Equals(object o) => Equals(this, new A()); public override int GetHashCode() => 1; }\n"
        + "new HashSet<A> { new A(), new A() }")]
    public async Task A_recursion_without_an_end_is_an_error_wherever_it_goes_through(string code)
    {
        var result = await Run(code);
        Assert.Equal(CellStatus.RuntimeError, result.Status);
        Assert.InRange(result.Error!.Traceback.Count, 1, 40);
        await Run("1 + 1");
        Assert.Equal("2", sink.LastPlain);
    }

    [Fact]
    public async Task A_recursion_that_ends_has_room()
    {
        await Run("int Sum(int n) => n == 0 ? 0 : n + Sum(n - 1);\nSum(5000)");
        Assert.Equal("12502500", sink.LastPlain);
        await Run("await Task.Yield();\nSum(5000)");
        Assert.Equal("12502500", sink.LastPlain);
    }

    [Theory]
    [MemberData(nameof(Nested))]
    public async Task Source_that_is_nested_too_deeply_is_refused(string what, string code)
    {
        var result = await Run(code);
        Assert.Equal((CellStatus.CompileError, "nesting"), (result.Status, result.Error!.Name));
        Assert.True(result.Error.Line == 1, what);
        Assert.Equal(CellStatus.Ok, (await Run("1 + 1")).Status);
    }

    [Fact]
    public async Task Long_source_is_not_nested()
    {
        var comparisons = "var x = 1; var less = 0;\n" + Repeat("if (x < 2) less++;\n", 1100) + "less";
        await Run(comparisons);
        Assert.Equal("1100", sink.LastPlain);
        await Run($"var sum = {Repeat("x + ", 2000)}x; var nested = {Repeat("(", 100)}sum{Repeat(")", 100)}; nested");
        Assert.Equal("2001", sink.LastPlain);
    }

    private static string Repeat(string text, int times) => string.Concat(Enumerable.Repeat(text, times));

    private Task<CellResult> Run(string code) => session.ExecuteAsync(code, TestContext.Current.CancellationToken);
}
