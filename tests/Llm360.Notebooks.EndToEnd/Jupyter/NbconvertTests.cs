// Notebooks of this repository, executed by nbconvert through the installed kernel.
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.EndToEnd.Jupyter;

public sealed class NbconvertTests
{
    [Fact]
    public async Task Nbconvert_executes_notebooks_of_the_repository()
    {
        // Reproduce runs every notebook. This test checks execution through Jupyter.
        string[] chosen = ["00-tour", "03-memorization", "07-evaluation"];
        var python = Python.System("nbconvert");
        using var home = await JupyterHome.CreateAsync(suite: true);
        foreach (var notebook in chosen.Select(name => Path.Combine(home.Notebooks, name + ".ipynb")))
        {
            var result = await home.RunAsync(python, "-m", "nbconvert", "--to", "notebook", "--execute", "--inplace", notebook);
            Assert.True(result.ExitCode == 0, $"{notebook}: {result.Error}");
            var cells = JsonNode.Parse(File.ReadAllText(notebook))!["cells"]!.AsArray()
                .Where(cell => cell!["cell_type"]!.ToString() == "code")
                .ToList();
            Assert.Equal(Enumerable.Range(1, cells.Count), cells.Select(cell => cell!["execution_count"]!.GetValue<int>()));
            Assert.Contains(
                cells.SelectMany(cell => cell!["outputs"]!.AsArray()),
                output => output!["data"]?["application/vnd.plotly.v1+json"] is not null);
        }
    }
}
