// Headless runs: what is saved, where a run stops, and what it reports.
using System.Text.Json.Nodes;
using Llm360.Notebooks.Kernel.Documents;
using Llm360.Notebooks.Kernel.Running;
using Xunit;

namespace Llm360.Notebooks.Kernel.Tests.Running;

[Collection(nameof(Running))]
public sealed class NotebookRunnerTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Outputs_are_saved_in_the_schema_of_notebooks()
    {
        var result = await Run(
            "Console.WriteLine(\"a\"); Console.WriteLine(\"b\"); Console.Error.Write(\"e\"); Console.WriteLine(\"c\");",
            "var handle = display(HTML(\"<b>1</b>\"));\n40 + 2",
            "   ",
            "handle.Update(\"two\");");
        Assert.Equal((RunStatus.Completed, 3, 3, null), (result.Status, result.CellsRun, result.CellsTotal, result.Failure));
        var cells = Saved().Cells;
        Assert.Equal(
            """[{"name":"stdout","output_type":"stream","text":["a\n","b\n"]},"""
            + """{"name":"stderr","output_type":"stream","text":["e"]},"""
            + """{"name":"stdout","output_type":"stream","text":["c\n"]}]""",
            cells[0].Outputs.ToJsonString());
        Assert.Equal(
            """[{"data":{"text/plain":["two"]},"metadata":{},"output_type":"display_data"},"""
            + """{"data":{"text/plain":["42"]},"execution_count":2,"metadata":{},"output_type":"execute_result"}]""",
            cells[1].Outputs.ToJsonString());
        Assert.Equal([1, 2, null, 3], cells.Select(cell => cell.ExecutionCount));
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$", cells[0].Metadata["execution"]!["iopub.status.idle"]!.ToString());
        Assert.True(Saved().Metadata["llm360"]!["seconds"]!.GetValue<double>() > 0);
    }

    [Fact]
    public async Task A_flood_is_cut_and_the_cell_says_so()
    {
        await Run(
            "for (var i = 0; i < 1500; i++) display(i);",
            "var line = new string('x', 1 << 20);\nfor (var i = 0; i < 40; i++) Console.Write(line);",
            "Console.Write(\"after\");");
        var cells = Saved().Cells;
        Assert.Equal(1001, cells[0].Outputs.Count);
        Assert.Equal("999", cells[0].Outputs[999]!["data"]!["text/plain"]![0]!.GetValue<string>());
        Assert.Equal(
            "The cell showed 1,500 values; what came after the first 1,000 is left out here. "
                + "Replace one with Update, or show a table.\n",
            cells[0].Outputs[1000]!["text"]![0]!.GetValue<string>());
        Assert.Equal(32 << 20, cells[1].Outputs[0]!["text"]![0]!.GetValue<string>().Length);
        Assert.StartsWith(
            "The cell wrote 41,943,040 characters; what came after the first 33,554,432 is left out here.",
            cells[1].Outputs[1]!["text"]![0]!.GetValue<string>(),
            StringComparison.Ordinal);
        Assert.Equal("after", cells[2].Outputs[0]!["text"]![0]!.GetValue<string>());
    }

    [Fact]
    public async Task What_an_earlier_run_left_is_gone_and_the_input_is_unchanged()
    {
        var input = Write("1", "throw new Exception();");
        var before = NotebookFile.Read(input);
        before.Cells[1].Outputs.Add(JsonNode.Parse("""{"output_type":"stream","name":"stdout","text":"old"}"""));
        before.Cells[1].ExecutionCount = 9;
        before.Cells[0].Source = "nope";
        before.Write(input);
        var bytes = File.ReadAllBytes(input);
        await NotebookRunner.RunAsync(new NotebookRunOptions(input, Output), TestContext.Current.CancellationToken);
        Assert.Empty(Saved().Cells[1].Outputs);
        Assert.Null(Saved().Cells[1].ExecutionCount);
        Assert.Equal(bytes, File.ReadAllBytes(input));
    }

    [Fact]
    public async Task An_error_stops_the_run_is_saved_and_told_by_cell_and_line()
    {
        var result = await Run("1", "", "int zero = 0;\nConsole.Write(\"before\");\nvar x = 1 / zero;", "2");
        Assert.Equal((RunStatus.Failed, 1, 3), (result.Status, result.CellsRun, result.CellsTotal));
        Assert.Equal((2, 2, 3), (result.Failure!.Number, result.Failure.Index, result.Failure.Error.Line));
        var cells = Saved().Cells;
        Assert.Single(cells[0].Outputs);
        Assert.Equal(["stream", "error"], cells[2].Outputs.Select(output => output!["output_type"]!.ToString()));
        Assert.Equal("System.DivideByZeroException", cells[2].Outputs[1]!["ename"]!.ToString());
        Assert.Equal("  at cell 2, line 3", cells[2].Outputs[1]!["traceback"]![1]!.ToString());
        Assert.Empty(cells[3].Outputs);
    }

    [Fact]
    public async Task The_file_is_valid_with_everything_so_far_after_every_cell()
    {
        var input = Write("1", "2", "3");
        var seen = new List<int>();
        var progress = new Reports<CellProgress>(report =>
        {
            if (report.Elapsed is not null)
                seen.Add(Saved().Cells.Count(cell => cell.Outputs.Count == 1));
        });
        var options = new NotebookRunOptions(input, Output) { CellProgress = progress };
        await NotebookRunner.RunAsync(options, TestContext.Current.CancellationToken);
        Assert.Equal([1, 2, 3], seen);
        Assert.Equal(["input.ipynb", "output.ipynb"], Directory.GetFiles(folder.Path).Select(path => Path.GetFileName(path)!).Order());
    }

    [Fact]
    public async Task Cells_are_reported_as_they_start_and_end()
    {
        var reports = new List<CellProgress>();
        var input = Write("\n// first\n1", "2");
        var options = new NotebookRunOptions(input, Output) { CellProgress = new Reports<CellProgress>(reports.Add) };
        await NotebookRunner.RunAsync(options, TestContext.Current.CancellationToken);
        Assert.Equal([(1, false), (1, true), (2, false), (2, true)], reports.Select(report => (report.Number, report.Elapsed is not null)));
        Assert.Equal((2, 0, "// first"), (reports[0].Total, reports[0].Index, reports[0].Title));
    }

    [Fact]
    public async Task Cells_run_in_the_notebooks_folder_and_the_former_one_is_restored()
    {
        var former = Environment.CurrentDirectory;
        await Run("File.WriteAllText(\"here.txt\", \"\");");
        Assert.True(File.Exists(folder.File("here.txt")));
        Assert.Equal(former, Environment.CurrentDirectory);
    }

    [Fact]
    public async Task Progress_of_work_goes_to_the_caller_and_leaves_nothing_in_the_notebook()
    {
        var reports = new List<WorkProgress>();
        var input = Write("for (var i = 1; i <= 36; i++) AmbientWork.Progress.Report(new WorkProgress(\"score\", i, 36, "
            + "\"cells\"));\nConsole.Write(\"done\");");
        var options = new NotebookRunOptions(input, Output) { WorkProgress = new Reports<WorkProgress>(reports.Add) };
        await NotebookRunner.RunAsync(options, TestContext.Current.CancellationToken);
        var output = Assert.Single(Saved().Cells[0].Outputs);
        Assert.Equal("done", MultilineText.Join(output!["text"]));
        Assert.Equal(36, reports.Count);
    }

    [Fact]
    public async Task A_figure_of_the_library_is_saved_in_all_its_forms_without_plotly_js()
    {
        var input = Write("using Llm360.Notebooks;\nFigures.PublishedEvaluation()");
        var result = await NotebookRunner.RunAsync(new NotebookRunOptions(input, Output), TestContext.Current.CancellationToken);
        Assert.Equal("", string.Join('\n', result.Failure?.Error.Traceback ?? []));
        var figure = Assert.Single(Saved().Cells[0].Outputs)!["data"]!.AsObject();
        Assert.DoesNotContain("plotly.js v", figure["text/html"]!.ToString(), StringComparison.Ordinal);
        Assert.Equal(
            ["application/vnd.plotly.v1+json", "image/svg+xml", "text/html", "text/plain"],
            figure.Select(entry => entry.Key).Order(StringComparer.Ordinal));
        Assert.NotEmpty(figure["application/vnd.plotly.v1+json"]!["data"]!.AsArray());
    }

    [Fact]
    public async Task A_second_run_does_not_see_the_first_ones_variables()
    {
        Assert.Equal(RunStatus.Completed, (await Run("int n = 1;")).Status);
        Assert.Equal("CS0103", (await Run("n")).Failure!.Error.Name);
    }

    [Fact]
    public async Task A_cell_over_its_time_is_stopped_and_saved()
    {
        // The limit ends the cell on a slow machine too, whether it is still compiling or already
        // waiting.
        var input = Write("await Task.Delay(Timeout.Infinite, AmbientWork.Cancellation);", "2");
        var options = new NotebookRunOptions(input, Output)
        {
            CellTimeout = TimeSpan.FromMilliseconds(300),
            StopPatience = Timeout.InfiniteTimeSpan,
        };
        var result = await NotebookRunner.RunAsync(options, TestContext.Current.CancellationToken);
        Assert.Equal((RunStatus.TimedOut, 0, 1), (result.Status, result.CellsRun, result.Failure!.Number));
        var output = Assert.Single(Saved().Cells[0].Outputs);
        Assert.Equal("The cell ran longer than its limit of 0.3 s.", output!["evalue"]!.ToString());
        Assert.Empty(Saved().Cells[1].Outputs);
    }

    [Fact]
    public async Task A_cell_that_does_not_listen_is_left_behind()
    {
        using var source = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var input = Write("AmbientWork.Progress.Report(new WorkProgress(\"on\", 0, 1, \"cells\"));\nnew ManualResetEventSlim().Wait();");
        var options = new NotebookRunOptions(input, Output)
        {
            WorkProgress = new Reports<WorkProgress>(_ => source.CancelAfter(1)),
            StopPatience = TimeSpan.FromMilliseconds(50),
        };
        var result = await NotebookRunner.RunAsync(options, source.Token);
        Assert.Equal(RunStatus.Cancelled, result.Status);
        Assert.Contains("left behind", result.Failure!.Error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cancelled_run_keeps_what_ran()
    {
        using var source = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var input = Write("1", "await Task.Delay(60000, AmbientWork.Cancellation);", "3");
        var progress = new Reports<CellProgress>(report =>
        {
            if (report.Number == 2)
                source.CancelAfter(50);
        });
        var result = await NotebookRunner.RunAsync(new NotebookRunOptions(input, Output) { CellProgress = progress }, source.Token);
        Assert.Equal((RunStatus.Cancelled, 1, 2), (result.Status, result.CellsRun, result.Failure!.Number));
        Assert.Equal([1, 1, 0], Saved().Cells.Select(cell => cell.Outputs.Count));
    }

    [Fact]
    public async Task An_output_that_cannot_be_written_is_told_before_anything_runs()
    {
        var input = Write("File.WriteAllText(\"ran\", \"\");");
        var options = new NotebookRunOptions(input, Path.Combine(input, "below-a-file.ipynb"));
        await Assert.ThrowsAsync<Llm360Exception>(() => NotebookRunner.RunAsync(options, TestContext.Current.CancellationToken));
        Assert.False(File.Exists(folder.File("ran")));
    }

    private string Output => folder.File("output.ipynb");

    private NotebookFile Saved() => NotebookFile.Read(Output);

    private string Write(params string[] cells) => Notebooks.Write(folder.File("input.ipynb"), cells);

    private Task<NotebookRunResult> Run(params string[] cells) =>
        NotebookRunner.RunAsync(new NotebookRunOptions(Write(cells), Output), TestContext.Current.CancellationToken);
}
