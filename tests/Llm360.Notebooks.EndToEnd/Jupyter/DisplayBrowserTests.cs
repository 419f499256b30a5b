// Display of tensors, paged tables, analysed text, pictures, progress and errors in Notebook.
using System.Text.Json.Nodes;
using Microsoft.Playwright;

namespace Llm360.Notebooks.EndToEnd.Jupyter;

public sealed class DisplayBrowserTests(Browser browser) : IClassFixture<Browser>
{
    private static readonly string[] Cells =
    [
        "using TorchSharp;\nvar grid = torch.linspace(-1, 1, 600).reshape(20, 30).sin();\ngrid",
        "using Microsoft.Data.Analysis;\nnew DataFrame(\n"
            + "    new StringDataFrameColumn(\"token\", Enumerable.Range(0, 50).Select(i => $\"<t{i}>\")),\n"
            + "    new DoubleDataFrameColumn(\"loss\", Enumerable.Range(0, 50).Select(i => i / 7.0)))",
        "using Llm360.Notebooks;\nnew TokenText(\"loss (nats)\",\n[\n"
            + "    new(\"The\", Prompt: true), new(\" model\", 0.25), new(\" knows\", 1.5), new(\" it\", 4, Memorized: true),"
            + " new(\" by\", 3, Memorized: true), new(\" heart\", 2),\n])",
        "File.WriteAllText(\"dot.svg\", \"<svg xmlns='http://www.w3.org/2000/svg' width='60' height='60'>"
            + "<circle cx='30' cy='30' r='25' fill='#0072b2'/></svg>\");\nPicture.FromFile(\"dot.svg\", \"a blue disc\")",
        "for (var i = 0; i <= 20; i++)\n{\n"
            + "    AmbientWork.Progress.Report(new WorkProgress(\"scoring\", i, 20, \"rows\"));\n    await Task.Delay(20);\n}",
        "display(HTML(\"<b id='bold'>bold</b> and <i>slanted</i>\"));\nMarkdown(\"## A heading\\n\\n- **one**\\n- `two`\")",
        "new { Name = \"nano\", Parameters = 1_180_000, Chunks = new[] { 1, 2, 3 } }",
        "Console.WriteLine(\"out\");\nConsole.Error.WriteLine(\"err\");\nint Third(int[] all) => all[2];\nThird(new int[2])",
    ];

    [Fact]
    public async Task Values_show_in_the_page_and_tables_page_by_click()
    {
        await using var window = await browser.OpenAsync(height: 1400);
        using var home = await JupyterHome.CreateAsync(suite: false);
        File.WriteAllText(Path.Combine(home.Notebooks, "displays.ipynb"), Notebook().ToJsonString());
        var (address, token) = await home.ServeAsync(Python.System("notebook.notebookapp"), "notebook", "NotebookApp.token");
        var page = window.Page;
        await page.GotoAsync($"{address}notebooks/displays.ipynb?token={token}");
        await page.WaitForSelectorAsync(".kernel_idle_icon");
        await page.ClickAsync("#celllink");
        await page.ClickAsync("#run_all_cells");
        await page.WaitForSelectorAsync(".output_error", new() { Timeout = 60_000 });
        var outputs = page.Locator(".code_cell .output_wrapper");
        await SaveAsync(page, "notebook-displays-1.png", 0);
        await SaveAsync(page, "notebook-displays-2.png", 2);

        Assert.Contains("tensor [20, 30], float32, cpu", await outputs.Nth(0).InnerTextAsync(), StringComparison.Ordinal);
        Assert.Equal(600, await outputs.Nth(0).Locator("svg[role=img] rect").CountAsync());

        var table = outputs.Nth(1);
        Assert.Equal(20, await table.Locator("tbody tr:visible").CountAsync());
        Assert.Equal(
            (await table.GetByLabel("previous rows").BoundingBoxAsync())!.Y,
            (await table.GetByLabel("next rows").BoundingBoxAsync())!.Y);
        await table.GetByLabel("next rows").ClickAsync();
        await table.GetByLabel("next rows").ClickAsync();
        Assert.Equal("41 to 50", await table.Locator("output").InnerTextAsync());
        Assert.Equal("<t40>", (await table.Locator("tbody tr:visible td").First.InnerTextAsync()).Trim());
        await table.GetByLabel("previous rows").ClickAsync();
        Assert.Equal("21 to 40", await table.Locator("output").InnerTextAsync());

        Assert.Equal(2, await outputs.Nth(2).Locator("[style*=underline]").CountAsync());
        Assert.Contains("loss (nats) 4", await outputs.Nth(2).Locator("[style*=underline]").First.GetAttributeAsync("title"),
            StringComparison.Ordinal);
        Assert.True(await outputs.Nth(3).Locator("svg circle, img").First.IsVisibleAsync());
        // The progress bar disappears when its cell ends.
        Assert.Equal(0, await outputs.Nth(4).Locator("progress").CountAsync());
        Assert.Equal(
            ("bold", "A heading"),
            (await outputs.Nth(5).Locator("#bold").InnerTextAsync(), (await outputs.Nth(5).Locator("h2").InnerTextAsync()).Trim('¶')));
        Assert.Contains("1180000", await outputs.Nth(6).InnerTextAsync(), StringComparison.Ordinal);
        Assert.Equal(
            "System.IndexOutOfRangeException: Index was outside the bounds of the array.\n"
            + "  at cell 8, line 3, in Third\n  at cell 8, line 4",
            (await outputs.Nth(7).Locator(".output_error").InnerTextAsync()).Trim());
    }

    private static JsonObject Notebook() => new()
    {
        ["cells"] = new JsonArray([.. Cells.Select((code, i) => new JsonObject
        {
            ["cell_type"] = "code",
            ["id"] = $"cell-{i}",
            ["execution_count"] = null,
            ["metadata"] = new JsonObject(),
            ["outputs"] = new JsonArray(),
            ["source"] = code,
        })]),
        ["metadata"] = new JsonObject
        {
            ["kernelspec"] = new JsonObject { ["display_name"] = "C# (Llm360)", ["language"] = "C#", ["name"] = "llm360-csharp" },
        },
        ["nbformat"] = 4,
        ["nbformat_minor"] = 5,
    };

    private static async Task SaveAsync(IPage page, string name, int cell)
    {
        await page.EvaluateAsync("i => document.querySelectorAll('.code_cell')[i].scrollIntoView()", cell);
        await Pictures.SaveAsync(page, name);
    }
}
