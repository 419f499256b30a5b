// llm360 new: the notebooks outside a checkout, and llm360 reproduce with them.
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.EndToEnd;

public sealed class NewCommandTests
{
    private static readonly string Notebooks = Path.Combine(Workspace.Repository!, "notebooks");

    [Fact]
    public async Task A_folder_has_the_notebooks_and_reproduce_works_there()
    {
        using var llm360 = new Llm360Command();
        using var elsewhere = new Llm360Command();
        var folder = elsewhere.PathOf("course");
        var result = await llm360.RunAsync("new", folder);
        Assert.True(result.ExitCode == 0, result.Error);
        foreach (var notebook in Directory.GetFiles(Notebooks, "*.ipynb"))
            Assert.Equal(File.ReadAllBytes(notebook), File.ReadAllBytes(Path.Combine(folder, "notebooks", Path.GetFileName(notebook))));
        var extensions = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, ".vscode", "extensions.json")))!;
        Assert.Equal("ms-toolsai.jupyter", (string?)extensions["recommendations"]![0]);
        Assert.Equal(0, (await llm360.RunAsync("new", folder)).ExitCode);

        // The notebooks of the folder run instead of those of the checkout.
        foreach (var notebook in Directory.GetFiles(Path.Combine(folder, "notebooks"))
            .Where(n => !n.EndsWith("02-training-dynamics.ipynb", StringComparison.Ordinal)))
            File.Delete(notebook);
        llm360.WorkingDirectory = folder;
        var reproduced = await llm360.RunAsync("reproduce", "--suite", "pico");
        Assert.True(reproduced.ExitCode == 0, reproduced.Error);
        Assert.Equal("02-training-dynamics.ipynb", Path.GetFileName(Assert.Single(Directory.GetFiles(llm360.PathOf("notebooks", "pico")))));
    }

    [Fact]
    public async Task Nothing_is_overwritten()
    {
        using var llm360 = new Llm360Command();
        var own = llm360.PathOf("course", "notebooks", "01-the-suite.ipynb");
        Directory.CreateDirectory(Path.GetDirectoryName(own)!);
        File.WriteAllText(own, "mine");
        var result = await llm360.RunAsync("new", llm360.PathOf("course"));
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(own, result.Error, StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(own));
        Assert.Equal([own], Directory.GetFiles(llm360.PathOf("course"), "*", SearchOption.AllDirectories));
    }
}
