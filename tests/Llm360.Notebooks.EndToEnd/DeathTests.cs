// A cell that ends its process or keeps it alive: the user is told, and no process remains.
using Llm360.Notebooks.EndToEnd.Jupyter;
using Llm360.Notebooks.Kernel.Documents;
using Llm360.Notebooks.Kernel.Tests.Jupyter;

namespace Llm360.Notebooks.EndToEnd;

public sealed class DeathTests : IDisposable
{
    // The framework hashes arrays recursively without a limit, so the stack overflows without code
    // of the cell.
    private const string Overflow =
        "var a = new object[1]; a[0] = a;\nSystem.Collections.StructuralComparisons.StructuralEqualityComparer.GetHashCode(a)";

    private readonly Llm360Command llm360 = new();

    public void Dispose() => llm360.Dispose();

    [Fact]
    public async Task A_run_that_ends_by_a_stack_overflow_says_so_and_in_which_cell()
    {
        var result = await llm360.RunAsync("run", Notebook("var before = 1;", Overflow, "2"), "-o", llm360.PathOf("out.ipynb"));
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("Stack overflow", result.Error, StringComparison.Ordinal);
        Assert.Contains("error: The process that ran the notebook was ended by ", result.Error, StringComparison.Ordinal);
        Assert.Contains("cell 2: var a = new object[1]; a[0] = a;", result.Error, StringComparison.Ordinal);
        Assert.Equal(1, NotebookFile.Read(llm360.PathOf("out.ipynb")).Cells[0].ExecutionCount);
    }

    [Theory]
    [InlineData("new Thread(() => Thread.Sleep(Timeout.Infinite)).Start();")]
    [InlineData("new Thread(() => { while (true) { } }).Start();")]
    [InlineData("_ = Task.Run(() => { while (true) { } });")]
    public async Task A_thread_left_running_does_not_keep_a_run_from_ending(string code)
    {
        var result = await llm360.RunAsync("run", Notebook(code), "-o", llm360.PathOf("out.ipynb"));
        Assert.Equal((0, ""), (result.ExitCode, result.Error.Contains("error", StringComparison.Ordinal) ? result.Error : ""));
    }

    [Fact]
    public async Task A_kernel_that_is_started_again_tells_where_the_former_died()
    {
        var connection = KernelClient.Free();
        await using (var kernel = new KernelProcess(llm360, connection, "--watch"))
        {
            kernel.Client.Ready().Run("var n = 1;");
            Assert.Null(kernel.ReplyOrEnd(Overflow));
            Assert.NotEqual(0, await kernel.EndAsync());
        }

        await using var next = new KernelProcess(llm360, connection, "--watch");
        var client = next.Client.Ready();
        Assert.Equal(
            "The kernel died while a cell was running, and was started again. What cells had set is gone.\n"
                + "  where: cell 2: var a = new object[1]; a[0] = a;\n  cause: a stack overflow\n",
            KernelClient.Text(client.Run("1").Published, "stderr"));
        Assert.Equal("", KernelClient.Text(client.Run("2").Published, "stderr"));
    }

    [Fact]
    public async Task A_watched_kernel_ends_with_its_parent()
    {
        await using var kernel = new KernelProcess(llm360, KernelClient.Free(), "--watch");
        var client = kernel.Client.Ready();
        var shown = client.Run("Environment.ProcessId").Published[^1].Content["data"]!["text/plain"]!.ToString();
        var child = int.Parse(shown, System.Globalization.CultureInfo.InvariantCulture);
        Assert.NotEqual(kernel.Process.Id, child);
        kernel.Process.Kill();
        await kernel.EndAsync();
        try
        {
            using var left = System.Diagnostics.Process.GetProcessById(child);
            await left.WaitForExitAsync(TestContext.Current.CancellationToken)
                .WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        }
        catch (ArgumentException)
        {
            // It has ended already.
        }
    }

    private string Notebook(params string[] cells)
    {
        var path = llm360.PathOf("notebook.ipynb");
        var parts = cells.Select(code => $$"""
            {"cell_type":"code","execution_count":null,"id":"c{{Guid.NewGuid():N}}","metadata":{},"outputs":[],
             "source":{{System.Text.Json.JsonSerializer.Serialize(code)}}}
            """);
        File.WriteAllText(path, $$"""{"cells":[{{string.Join(',', parts)}}],"metadata":{},"nbformat":4,"nbformat_minor":5}""");
        return path;
    }
}
