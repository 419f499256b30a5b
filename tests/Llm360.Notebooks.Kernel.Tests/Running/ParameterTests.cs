// Parameters of a run: every type, unknown names, bad values, and a rerun of an executed notebook.
using Llm360.Notebooks.Kernel.Documents;
using Llm360.Notebooks.Kernel.Running;
using Xunit;

namespace Llm360.Notebooks.Kernel.Tests.Running;

[Collection(nameof(Running))]
public sealed class ParameterTests : IDisposable
{
    private const string Declarations =
        """
        enum Size { Small, Large }
        var suite = "nano"; int n = 128; long big = 1; double rate = 0.5; float f = 1; decimal m = 1;
        """
        + """
         bool fast = false; char c = 'a'; int? limit = null;
        string[] checkpoints = ["a"]; List<int> layers = [1]; IReadOnlyList<double> rates = [0.5];
        """
        + """
         var size = Size.Small; DayOfWeek day = DayOfWeek.Monday;
        object thing = null;
        """;

    private const string Summary =
        "string.Join(\" \", suite, n, big, rate, f, m, fast, c, limit, string.Join(\"+\", checkpoints), "
        + "string.Join(\"+\", layers), string.Join(\"+\", rates), size, day)";

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Values_of_every_type_are_assigned_after_the_defaults()
    {
        var result = await Run(
            ("suite", "am\"ber"), ("n", "64"), ("big", "8589934592"), ("rate", "1e-4"), ("f", "2.5"), ("m", "0.1"),
            ("fast", "True"), ("c", "'"), ("limit", "7"), ("checkpoints", "ckpt_000, ckpt_359"), ("layers", "1,2"),
            ("rates", ""), ("size", "large"), ("day", "Friday"));
        Assert.Equal("", string.Join('\n', result.Failure?.Error.Traceback ?? []));
        Assert.Equal("am\"ber 64 8589934592 0.0001 2.5 0.1 True ' 7 ckpt_000+ckpt_359 1+2  Large Friday", Shown());
        var injected = NotebookFile.Read(Output).Cells[2];
        Assert.Equal(["injected-parameters"], injected.Tags);
        Assert.StartsWith("// Parameters\nsuite = \"am\\\"ber\";\nn = 64;\n", injected.Source, StringComparison.Ordinal);
        Assert.Equal("64", NotebookFile.Read(Output).Metadata["llm360"]!["parameters"]!["n"]!.ToString());
    }

    [Fact]
    public async Task Without_values_the_defaults_hold_and_nothing_is_injected()
    {
        await Run();
        Assert.Equal("nano 128 1 0.5 1 1 False a  a 1 0.5 Small Monday", Shown());
        Assert.Equal(3, NotebookFile.Read(Output).Cells.Count);
    }

    [Fact]
    public async Task Running_an_executed_notebook_replaces_what_was_injected()
    {
        await Run(("n", "1"), ("suite", "amber"));
        File.Copy(Output, Input, overwrite: true);
        await NotebookRunner.RunAsync(Options(("n", "2")), TestContext.Current.CancellationToken);
        Assert.StartsWith("nano 2 ", Shown(), StringComparison.Ordinal);
        Assert.Single(NotebookFile.Read(Output).Cells, cell => cell.Tags.Contains("injected-parameters"));
    }

    [Fact]
    public async Task An_unknown_name_is_refused_before_anything_runs_and_the_known_ones_are_listed()
    {
        var error = await Assert.ThrowsAsync<Llm360Exception>(() => Run(("sweet", "nano")));
        Assert.Contains("\"sweet\"", error.What, StringComparison.Ordinal);
        Assert.Contains("suite, n, big, rate", error.Remedy, StringComparison.Ordinal);
        Assert.False(File.Exists(Output));
    }

    [Theory]
    [InlineData("n", "many", "int", "whole number")]
    [InlineData("n", "99999999999", "int", "fits int")]
    [InlineData("rate", "half", "double", "0.5")]
    [InlineData("fast", "yes", "bool", "true or false")]
    [InlineData("layers", "1,x", "int[]", "commas")]
    [InlineData("limit", "x", "int?", "or null")]
    [InlineData("size", "Huge", "Size", "Small, Large")]
    [InlineData("thing", "x", "Object", "declare")]
    public async Task A_value_that_does_not_convert_is_told_by_name_type_and_value(string name, string value, string type, string howTo)
    {
        var error = await Assert.ThrowsAsync<Llm360Exception>(() => Run((name, value)));
        Assert.Equal($"The value \"{value}\" of the parameter {name} is no {type}.", error.What);
        Assert.Contains(howTo, error.Remedy, StringComparison.Ordinal);
        Assert.False(File.Exists(Output)); // nor would a former one have been touched
    }

    [Fact]
    public async Task A_notebook_without_a_parameters_cell_takes_none()
    {
        Notebooks.Write(Input, "int n = 1;");
        var error = await Assert.ThrowsAsync<Llm360Exception>(() =>
            NotebookRunner.RunAsync(Options(("n", "2")), TestContext.Current.CancellationToken));
        Assert.Contains("takes no parameters", error.What, StringComparison.Ordinal);
    }

    private string Input => folder.File("input.ipynb");

    private string Output => folder.File("output.ipynb");

    private string Shown() => MultilineText.Join(NotebookFile.Read(Output).Cells[^1].Outputs[0]!["data"]!["text/plain"]);

    private Task<NotebookRunResult> Run(params (string Name, string Value)[] values)
    {
        Notebooks.Write(Input, "// parameters follow", Declarations, Summary);
        var notebook = NotebookFile.Read(Input);
        notebook.RemoveCell(0);
        notebook.InsertCell(0, CellType.Markdown, "# Title");
        notebook.Cells[1].Tags = ["parameters"];
        notebook.Write(Input);
        return NotebookRunner.RunAsync(Options(values), TestContext.Current.CancellationToken);
    }

    private NotebookRunOptions Options(params (string Name, string Value)[] values) =>
        new(Input, Output) { Parameters = values.ToDictionary(value => value.Name, value => value.Value) };
}
