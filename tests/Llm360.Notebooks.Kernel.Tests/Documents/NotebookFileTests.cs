// Reading and writing notebooks: Jupyter's files are kept byte for byte, and errors name the line.
using Llm360.Notebooks.Kernel.Documents;
using Xunit;

namespace Llm360.Notebooks.Kernel.Tests.Documents;

public sealed class NotebookFileTests
{
    private static readonly string JupyterWritten = Path.Combine(AppContext.BaseDirectory, "Data", "jupyter-written.ipynb");

    [Fact]
    public void A_notebook_written_by_Jupyter_comes_back_byte_for_byte()
    {
        using var folder = new TemporaryFolder();
        var copy = folder.File("copy.ipynb");
        NotebookFile.Read(JupyterWritten).Write(copy);
        Assert.Equal(File.ReadAllBytes(JupyterWritten), File.ReadAllBytes(copy));
    }

    [Fact]
    public void Cells_show_type_source_tags_outputs_and_count()
    {
        var cells = NotebookFile.Read(JupyterWritten).Cells;
        Assert.Equal([CellType.Markdown, CellType.Code, CellType.Code, CellType.Code, CellType.Raw], cells.Select(cell => cell.Type));
        Assert.Equal("var suite = \"nano\";\nint n = 128;", cells[1].Source);
        Assert.Equal(["parameters"], cells[1].Tags);
        Assert.Equal(3, cells[2].Outputs.Count);
        Assert.Equal(2, cells[2].ExecutionCount);
        Assert.Null(cells[3].ExecutionCount);
        Assert.Equal("", cells[3].Source);
    }

    [Fact]
    public void A_changed_cell_keeps_everything_else_in_place()
    {
        var notebook = NotebookFile.Read(JupyterWritten);
        notebook.Cells[1].Source = "int n = 7;\nn";
        notebook.Cells[1].Tags = ["parameters", "more"];
        var before = File.ReadAllLines(JupyterWritten);
        var after = notebook.ToJson().Split('\n');
        Assert.Equal(["     \"parameters\"", "    \"var suite = \\\"nano\\\";\\n\",", "    \"int n = 128;\""], before.Except(after));
    }

    [Fact]
    public void Sources_and_outputs_that_are_one_string_become_lines_and_ids_are_made()
    {
        var notebook = NotebookFile.Parse(
            """
            {"nbformat":4,"nbformat_minor":2,"metadata":{},"cells":[
              {"cell_type":"code","metadata":{},"source":"a\nb","execution_count":null,
            """
            + """
            "outputs":[{"output_type":"stream","name":"stdout","text":"x\ny\n"}]},
              {"cell_type":"markdown","metadata":{},"source":["one"]}]}
            """,
            "test");
        Assert.Equal("a\nb", notebook.Cells[0].Source);
        Assert.Equal(["cell-1", "cell-2"], notebook.Cells.Select(cell => cell.Id));
        var again = NotebookFile.Parse(notebook.ToJson(), "again");
        Assert.Equal(5, again.Json["nbformat_minor"]!.GetValue<int>());
        Assert.Equal(2, again.Cells[0].Json["source"]!.AsArray().Count);
        Assert.Equal(2, again.Cells[0].Outputs[0]!["text"]!.AsArray().Count);
        Assert.Equal(notebook.ToJson(), again.ToJson());
    }

    [Fact]
    public void Cells_are_inserted_and_removed()
    {
        var notebook = NotebookFile.Create();
        notebook.InsertCell(0, CellType.Code, "1 + 1");
        notebook.InsertCell(0, CellType.Markdown, "# Title", "title");
        notebook.InsertCell(2, CellType.Raw, "x", "title");
        Assert.Equal(["title", "cell-1", "title-2"], NotebookFile.Parse(notebook.ToJson(), "t").Cells.Select(cell => cell.Id));
        notebook.RemoveCell(1);
        Assert.Equal(["# Title", "x"], NotebookFile.Parse(notebook.ToJson(), "t").Cells.Select(cell => cell.Source));
    }

    [Theory]
    [InlineData("{\n \"cells\": [\n  nonsense\n", "not valid JSON", "line 3")]
    [InlineData("", "not valid JSON", "line 1")]
    [InlineData("{\"a\": 1}", "no nbformat", "line 1")]
    [InlineData("[1]", "no nbformat", "line 1")]
    [InlineData("{\"nbformat\": 3, \"worksheets\": []}", "nbformat 3", "bad.ipynb")]
    [InlineData("{\"nbformat\": 4}", "no list of cells", "bad.ipynb")]
    [InlineData(
        "{\"nbformat\": 4, \"cells\": [\n {\"cell_type\": \"raw\", \"source\": [\"a\"], \"metadata\": {}},\n {\"source\": \"x\"}]}",
        "Cell 2 has no cell_type",
        "line 3")]
    [InlineData("{\"nbformat\": 4, \"cells\": [\n\n 7]}", "Cell 1 is not an object", "line 3")]
    [InlineData("{\"nbformat\": 4, \"cells\": [{\"cell_type\": \"code\", \"source\": 5}]}", "neither a string nor", "line 1")]
    [InlineData(
        "{\"nbformat\": 4, \"cells\": [\n{\"cell_type\": \"code\", \"source\": \"\\ud800\"}]}",
        "surrogate",
        "line 2, $.cells[0].source")]
    [InlineData("{\"nbformat\": 4, \"cells\": [], \"metadata\": {\"\\udc00\": 1}}", "surrogate", "line 1, $.metadata")]
    [InlineData("{\"nbformat\": 4,\n\"cells\": [],\n\"cells\": []}", "\"cells\" is there twice", "line 3, $.cells")]
    [InlineData("null", "no nbformat", "line 1")]
    [InlineData("{\"nbformat\": 4, \"cells\": [null]}", "Cell 1 is not an object", "line 1")]
    [InlineData("{\"nbformat\": 4, \"cells\": null}", "no list of cells", "bad.ipynb")]
    [InlineData("{\"nbformat\": 1e99999, \"cells\": []}", "nbformat 1e99999", "bad.ipynb")]
    public void A_bad_file_is_told_by_what_and_where(string json, string what, string where)
    {
        var error = Assert.Throws<Llm360Exception>(() => NotebookFile.Parse(json, "bad.ipynb"));
        Assert.Contains(what, error.What, StringComparison.Ordinal);
        Assert.Contains(where, error.Where, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_that_is_not_UTF8_and_nesting_without_end_are_errors()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("bad.ipynb");
        File.WriteAllBytes(path, [.. "{\"nbformat\": 4, \"cells\": [], \"metadata\": {\"a\": \""u8, 0xFF, .. "\"}}"u8]);
        var error = Assert.Throws<Llm360Exception>(() => NotebookFile.Read(path));
        Assert.Contains("UTF-8", error.What, StringComparison.Ordinal);
        Assert.Equal($"{path}, line 1, $.metadata.a", error.Where);
        File.WriteAllText(path, "{\"nbformat\": 4, \"cells\": [], \"metadata\": {\"a\": " + new string('[', 100_000));
        Assert.Contains("depth", Assert.Throws<Llm360Exception>(() => NotebookFile.Read(path)).What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pipe_and_a_file_of_gigabytes_are_refused_unread()
    {
        using var folder = new TemporaryFolder();
        using (var file = File.Create(folder.File("large.ipynb")))
            file.SetLength(10L << 30); // Takes no room on the disk.
        var tooLarge = Assert.Throws<Llm360Exception>(() => NotebookFile.Read(folder.File("large.ipynb")));
        Assert.Contains("at most", tooLarge.What, StringComparison.Ordinal);
        Assert.SkipWhen(OperatingSystem.IsWindows(), "named pipes are no files on Windows");
        using var process = System.Diagnostics.Process.Start("mkfifo", folder.File("pipe.ipynb"));
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Action[] readers =
        [
            () => NotebookFile.Read(folder.File("pipe.ipynb")),
            () => Kernel.Jupyter.ConnectionFile.Read(folder.File("pipe.ipynb")),
        ];
        foreach (var read in readers)
        {
            var task = Task.Factory.StartNew(read, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            var error = await Assert.ThrowsAsync<Llm360Exception>(() =>
                task.WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken));
            Assert.Contains("named pipe", error.What, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_notebook_with_outputs_of_megabytes_is_read()
    {
        var figure = string.Join(',', Enumerable.Repeat("{\"x\": [1, 2.5, \"\\ud83d\\ude00\"]}", 150_000));
        var output = "{\"output_type\":\"display_data\",\"data\":{\"application/json\":[" + figure + "]}}";
        var notebook = NotebookFile.Parse(
            "{\"nbformat\":4,\"nbformat_minor\":5,\"metadata\":{},\"cells\":["
            + "{\"cell_type\":\"code\",\"id\":\"a\",\"metadata\":{},\"source\":\"\",\"execution_count\":1,\"outputs\":["
            + output + "]}]}",
            "large");
        Assert.Equal(150_000, notebook.Cells[0].Outputs[0]!["data"]!["application/json"]!.AsArray().Count);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"ip\": null, \"shell_port\": 1, \"control_port\": 2, \"stdin_port\": 3, \"iopub_port\": 4, \"hb_port\": 5}")]
    [InlineData("{\"ip\": \"\\ud800\", \"shell_port\": 1, \"control_port\": 2, \"stdin_port\": 3, \"iopub_port\": 4, \"hb_port\": 5}")]
    [InlineData("{\"ip\": \"127.0.0.1\", \"key\": null, "
        + "\"shell_port\": 1, \"control_port\": 2, \"stdin_port\": 3, \"iopub_port\": 4, \"hb_port\": 5}")]
    [InlineData("{\"ip\": \"127.0.0.1\", "
        + "\"shell_port\": 1e99999, \"control_port\": 2, \"stdin_port\": 3, \"iopub_port\": 4, \"hb_port\": 5}")]
    public void A_connection_file_that_makes_no_sense_is_one_error(string json)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("connection.json"), json);
        var error = Assert.Throws<Llm360Exception>(() => Kernel.Jupyter.ConnectionFile.Read(folder.File("connection.json")));
        Assert.StartsWith(folder.File("connection.json"), error.Where, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_is_told_by_its_path()
    {
        var error = Assert.Throws<Llm360Exception>(() => NotebookFile.Read("nowhere/none.ipynb"));
        Assert.Equal("nowhere/none.ipynb", error.Where);
    }
}
