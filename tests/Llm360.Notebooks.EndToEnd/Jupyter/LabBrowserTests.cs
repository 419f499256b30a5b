// A notebook in JupyterLab 4, if LLM360_PEERS names a Python environment with JupyterLab.
using Microsoft.Playwright;

namespace Llm360.Notebooks.EndToEnd.Jupyter;

public sealed class LabBrowserTests(Browser browser) : IClassFixture<Browser>
{
    private const string Figure = "[data-llm360-figure][data-drawn] svg.main-svg .trace";

    [Fact]
    public async Task JupyterLab_runs_completes_interrupts_and_restarts()
    {
        var python = Python.Peers("jupyterlab");
        await using var window = await browser.OpenAsync(height: 1400);
        using var home = await JupyterHome.CreateAsync(suite: true);
        var (address, token) = await home.ServeAsync(python, "jupyterlab", "IdentityProvider.token");
        var page = window.Page;
        page.SetDefaultTimeout(60_000);
        await page.GotoAsync($"{address}lab/tree/00-tour.ipynb?token={token}");
        await page.WaitForSelectorAsync(".jp-Notebook .jp-CodeCell");
        await page.WaitForSelectorAsync(".jp-KernelName >> text=C# (Llm360)");
        await page.WaitForSelectorAsync(
            ".jp-Notebook-ExecutionIndicator[data-status='idle']",
            new() { State = WaitForSelectorState.Attached });
        Assert.Equal(0, await page.Locator(".jp-Dialog").CountAsync());

        await MenuAsync(page, "Run", "Run All Cells");
        const string allHaveRun =
            "() => { const p = [...document.querySelectorAll('.jp-Notebook .jp-CodeCell .jp-InputPrompt')].map(p => p.textContent.trim()); "
            + "return p.length && p[p.length - 1] === `[${p.length}]:`; }";
        await page.WaitForFunctionAsync(allHaveRun, null, new() { Timeout = 120_000 });
        Assert.Equal(0, await page.Locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.error']").CountAsync());
        await page.WaitForSelectorAsync(Figure, new() { State = WaitForSelectorState.Attached });
        Assert.Equal(2, await page.Locator("[data-llm360-figure][data-drawn]").CountAsync());
        await page.Locator(Figure).First.ScrollIntoViewIfNeededAsync();
        await Pictures.SaveAsync(page, "lab-run-all.png");

        await NewCellAsync(page, "training.Checkpo");
        await page.Keyboard.PressAsync("Tab");
        await page.WaitForSelectorAsync(".jp-Completer:visible >> text=Checkpoints", new() { Timeout = 20_000 });
        await Pictures.SaveAsync(page, "lab-complete.png");
        await page.Keyboard.PressAsync("Escape");
        await page.Keyboard.PressAsync("Control+A");
        await page.Keyboard.TypeAsync("var turns = 0; Console.WriteLine(\"turning\"); while (true) turns++;");
        await page.Keyboard.PressAsync("Control+Enter");
        await page.WaitForSelectorAsync(".jp-RenderedText[data-mime-type='application/vnd.jupyter.stdout'] >> text=turning");
        await MenuAsync(page, "Kernel", "Interrupt Kernel");
        await page.WaitForSelectorAsync("text=The cell was cancelled.");
        await Pictures.SaveAsync(page, "lab-interrupt.png");
        await NewCellAsync(page, "turns > 0 && training.Checkpoints.Count > 0");
        await page.Keyboard.PressAsync("Control+Enter");
        await page.WaitForSelectorAsync(".jp-OutputArea-executeResult >> text=True");

        await MenuAsync(page, "Kernel", "Restart Kernel…");
        await page.ClickAsync(".jp-Dialog .jp-mod-accept");
        await page.WaitForSelectorAsync(
            ".jp-Notebook-ExecutionIndicator[data-status='idle']",
            new() { State = WaitForSelectorState.Attached });
        await NewCellAsync(page, "turns");
        await page.Keyboard.PressAsync("Control+Enter");
        await page.WaitForSelectorAsync("text=The name 'turns' does not exist in the current context");
        await Pictures.SaveAsync(page, "lab-restart.png");
    }

    [Fact]
    public async Task JupyterLab_without_trust_shows_every_figure_as_a_picture()
    {
        var python = Python.Peers("jupyterlab");
        await using var window = await browser.OpenAsync(height: 4000);
        using var home = await JupyterHome.CreateAsync(suite: false);
        SampleNotebooks.Write(home.Notebooks);
        var (address, token) = await home.ServeAsync(python, "jupyterlab", "IdentityProvider.token");
        var page = window.Page;
        page.SetDefaultTimeout(60_000);
        await page.GotoAsync($"{address}lab/tree/02-memorization.ipynb?token={token}");
        await page.WaitForFunctionAsync(
            "() => [...document.querySelectorAll('.jp-OutputArea-output img')].filter(i => i.naturalWidth === 720).length === 4");
        Assert.Equal(0, await page.Locator("[data-llm360-figure][data-drawn]").CountAsync());
        await Pictures.SaveAsync(page, "lab-untrusted.png");
    }

    private static async Task MenuAsync(IPage page, string menu, string item)
    {
        await page.Locator(".lm-MenuBar-itemLabel", new() { HasTextString = menu }).First.ClickAsync();
        await page.Locator(".lm-Menu-itemLabel",
            new() { HasTextRegex = new($"^{System.Text.RegularExpressions.Regex.Escape(item)}$") }).ClickAsync();
    }

    // Adds a cell below the selected cell, which is the last one after Run All. Escape switches to
    // command mode, B adds a cell below, and Enter starts editing.
    private static async Task NewCellAsync(IPage page, string code)
    {
        await page.Keyboard.PressAsync("Escape");
        await page.Keyboard.PressAsync("b");
        await page.Keyboard.PressAsync("Enter");
        await page.Keyboard.TypeAsync(code);
    }
}
