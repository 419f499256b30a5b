// Values shown as MIME types that the cell names, with the helpers that .NET Interactive has.
using Llm360.Notebooks.Kernel.Execution;
using Xunit;

namespace Llm360.Notebooks.Kernel.Tests.Execution;

public sealed class DisplayAsTests : IDisposable
{
    private readonly RecordingSink sink = new();
    private readonly CSharpSession session;

    public DisplayAsTests() => session = new CSharpSession(sink);

    public void Dispose() => session.Dispose();

    [Theory]
    [InlineData("display(\"<b>1</b>\", \"text/html\");", "text/html", "<b>1</b>")]
    [InlineData("\"# Title\".DisplayAs(\"text/markdown\");", "text/markdown", "# Title")]
    [InlineData("display(new { Name = \"Ada\", Age = 36 }, \"application/json\");", "application/json", """{"Name":"Ada","Age":36}""")]
    [InlineData("new[] { 1, 2 }.Display(\"text/plain\");", "text/plain", "[ 1, 2 ]")]
    [InlineData("display((LaTeXString)@\"\\begin{align}a\\end{align}\");", "text/latex", "\\begin{align}a\\end{align}")]
    [InlineData("display((MathString)@\"\\frac{1}{2}\");", "text/latex", "$$\\frac{1}{2}$$")]
    [InlineData("display(Latex(\"$x^2$\"));", "text/latex", "$x^2$")]
    [InlineData("display(SVG(\"<svg></svg>\"));", "image/svg+xml", "<svg></svg>")]
    [InlineData("display(JSON(\"{\\\"a\\\": [1]}\"));", "application/json", """{"a":[1]}""")]
    [InlineData("display(JSON(new[] { 1 }));", "application/json", "[1]")]
    [InlineData("display(CSS(\"b { color: red }\"));", "text/html", "<style>b { color: red }</style>")]
    [InlineData("display(Javascript(\"let a = 1;\"));", "text/html", "<script type=\"text/javascript\">let a = 1;</script>")]
    [InlineData("display(System.Text.Json.JsonDocument.Parse(\"{\\\"a\\\":[2]}\"));", "application/json", """{"a":[2]}""")]
    [InlineData("System.Text.Json.JsonDocument.Parse(\"[3]\").RootElement.Display();", "application/json", "[3]")]
    [InlineData("new[] { (1, 2) }.DisplayTable();", "text/plain", "Item1  Item2\n  int    int\n    1      2\n1 rows x 2 columns")]
    public async Task A_value_is_shown_as_what_is_named(string cell, string mime, string content)
    {
        Assert.Null((await RunAsync(cell)).Error);
        var data = sink.Bundles("display").Single().Data;
        Assert.Equal(content, MimeText(data[mime]));
        Assert.NotNull(data["text/plain"]);
        Assert.InRange(data.Count, 1, 2);
    }

    [Fact]
    public async Task An_update_keeps_the_type_and_takes_a_handle_or_an_id()
    {
        Assert.Null((await RunAsync(
            "var shown = \"\".Display(\"text/plain\"); shown.Update(\"1\"); "
                + "update_display(\"2\", shown); update_display(3, shown.Id);")).Error);
        Assert.Equal(["1", "2", "3"], sink.Bundles("update").Select(bundle => bundle.Data["text/plain"]!.ToString()));
        Assert.Single(sink.Calls.Where(call => call.Kind == "update").Select(call => call.Text).Distinct());
    }

    [Fact]
    public async Task A_text_that_is_no_MIME_type_is_refused()
    {
        var error = (await RunAsync("display(1, \"label\");")).Error!;
        Assert.Contains("MIME type", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Formatters_that_a_cell_registers_are_used()
    {
        await RunAsync("using Microsoft.DotNet.Interactive.Formatting;\nclass Celsius { public double Degrees = 20; }");
        Assert.Null((await RunAsync(
            "Formatter.Register<Celsius>((value, writer) => writer.Write($\"<b>{value.Degrees} C</b>\"), \"text/html\");\n"
                + "new Celsius()")).Error);
        Assert.Equal("<b>20 C</b>", sink.Bundles("result").Last().Data["text/html"]!.ToString());
        Assert.Null((await RunAsync(
            "Formatter.Register<Celsius>((value, writer) => writer.Write(\"warm\"), \"text/plain\");\nnew[] { new Celsius() }")).Error);
        Assert.Contains("warm", sink.LastPlain, StringComparison.Ordinal);
    }

    private static string MimeText(System.Text.Json.Nodes.JsonNode? node) =>
        node is System.Text.Json.Nodes.JsonValue value && value.TryGetValue<string>(out var text) ? text : node!.ToJsonString();

    private Task<CellResult> RunAsync(string code) => session.ExecuteAsync(code, TestContext.Current.CancellationToken);
}
