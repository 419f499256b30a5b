// llm360 run: the location of the result, and the remedy for a cell that takes too long.
namespace Llm360.Notebooks.EndToEnd;

public sealed class RunCommandTests : IDisposable
{
    private readonly Llm360Command llm360 = new();

    public void Dispose() => llm360.Dispose();

    [Fact]
    public async Task A_folder_takes_the_notebook_under_its_name_and_quiet_shows_the_path()
    {
        var result = await llm360.RunAsync("run", Notebook("1 + 1"), "-o", llm360.PathOf("t") + Path.DirectorySeparatorChar, "-q");
        Assert.True(result.ExitCode == 0, result.Error);
        var path = llm360.PathOf("t", "one.ipynb");
        Assert.Equal(path, result.Output.Trim());
        Assert.Contains("\"2\"", File.ReadAllText(path), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cell_that_runs_too_long_says_to_raise_the_limit()
    {
        var result = await llm360.RunAsync("run", Notebook("while (true) { }"), "--cell-timeout", "0.5");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("what to do: Raise --cell-timeout", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_form_than_a_notebook_is_refused()
    {
        var result = await llm360.RunAsync("run", Notebook("1"), "-o", llm360.PathOf("x.html"));
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("Name a file ending in .ipynb.", result.Error, StringComparison.Ordinal);
    }

    private string Notebook(string code)
    {
        var path = llm360.PathOf("one.ipynb");
        File.WriteAllText(path, $$"""
            {"cells": [{"cell_type": "code", "id": "a", "metadata": {}, "outputs": [], "execution_count": null, "source": ["{{code}}"]}],
             "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
            """);
        return path;
    }
}
