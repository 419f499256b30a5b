// A notebook in a real Notebook server and browser, operated by buttons and keys.
using Microsoft.Playwright;

namespace Llm360.Notebooks.EndToEnd.Jupyter;

public sealed class NotebookBrowserTests(Browser browser) : IClassFixture<Browser>
{
    private const string Figure = "[data-llm360-figure][data-drawn] svg.main-svg .trace";

    [Fact]
    public async Task Notebook_runs_completes_interrupts_and_restarts()
    {
        await using var window = await browser.OpenAsync(height: 1400);
        using var home = await JupyterHome.CreateAsync(suite: true);
        var (address, token) = await home.ServeAsync(Python.System("notebook.notebookapp"), "notebook", "NotebookApp.token");
        var page = window.Page;
        await page.GotoAsync($"{address}notebooks/00-tour.ipynb?token={token}");
        await page.WaitForSelectorAsync(".kernel_idle_icon");
        Assert.Equal(0, await page.Locator(".modal-dialog:visible").CountAsync());
        Assert.Equal("C# (Llm360)", (await page.Locator("#kernel_indicator .kernel_indicator_name").InnerTextAsync()).Trim());

        // Run all: cells are numbered in order, the figure is drawn and the remembered text shown.
        await page.ClickAsync("#celllink");
        await page.ClickAsync("#run_all_cells");
        var cells = await page.Locator(".code_cell").CountAsync();
        await Prompt(page, cells);
        await page.WaitForSelectorAsync(Figure);
        Assert.Equal(0, await page.Locator(".output_error").CountAsync());
        Assert.Equal(1, await page.Locator("[data-llm360-figure][data-drawn]").CountAsync());
        Assert.Equal(1, await page.Locator(".llm360-tokens").CountAsync());
        await page.Locator(Figure).First.ScrollIntoViewIfNeededAsync();
        await Pictures.SaveAsync(page, "notebook-run-all.png");

        // Tab completes a name declared by a cell.
        await TypeInNewCellAsync(page, "training.Checkpo");
        await page.Keyboard.PressAsync("Tab");
        await page.WaitForFunctionAsync(
            "Jupyter.notebook.get_selected_cell().get_text() === 'training.Checkpoint' || document.querySelector('.completions')");
        await Pictures.SaveAsync(page, "notebook-complete.png");
        await page.Keyboard.PressAsync("Escape");

        // The same plotly.js, from the kernel's folder, draws a chart of Plotly.NET.
        await TypeInNewCellAsync(page, "#r \"nuget: Plotly.NET, 6.0.0\"\nvar trace = new Plotly.NET.Trace(\"bar\");\n"
            + "trace.SetProperty(\"y\", new[] { 3, 1, 2 });\nPlotly.NET.GenericChart.ofTraceObject(true, trace)");
        await page.Keyboard.PressAsync("Control+Enter");
        await page.WaitForSelectorAsync("[data-plotly-chart][data-drawn] svg.main-svg");

        // Interrupt a loop: variables are kept, and the next cell runs.
        await TypeInNewCellAsync(page, "var turns = 0;\nConsole.WriteLine(\"turning\");\nwhile (true) turns++;");
        await page.Keyboard.PressAsync("Control+Enter");
        await page.WaitForSelectorAsync(".output_stdout >> text=turning");
        await page.ClickAsync("button[data-jupyter-action='jupyter-notebook:interrupt-kernel']");
        await page.WaitForSelectorAsync(".output_error >> text=The cell was cancelled.");
        await Pictures.SaveAsync(page, "notebook-interrupt.png");
        await TypeInNewCellAsync(page, "turns > 0 && training.Checkpoints.Count > 0");
        await page.Keyboard.PressAsync("Control+Enter");
        await page.WaitForSelectorAsync(".output_result >> text=True");

        // Restart: a new process without variables.
        await page.ClickAsync("button[data-jupyter-action='jupyter-notebook:confirm-restart-kernel']");
        await page.ClickAsync(".modal-dialog .btn-danger");
        await page.WaitForSelectorAsync(".modal-dialog", new() { State = WaitForSelectorState.Hidden });
        await page.WaitForSelectorAsync(".kernel_idle_icon");
        await TypeInNewCellAsync(page, "turns");
        await page.Keyboard.PressAsync("Control+Enter");
        await page.WaitForSelectorAsync(".output_error >> text=The name 'turns' does not exist in the current context");
        await Pictures.SaveAsync(page, "notebook-restart.png");
    }

    [Fact]
    public async Task A_notebook_that_is_not_trusted_shows_every_figure_as_a_picture()
    {
        await using var window = await browser.OpenAsync(height: 1400);
        using var home = await JupyterHome.CreateAsync(suite: true);
        await home.RunLlm360Async("run", Path.Combine(home.Notebooks, "02-training-dynamics.ipynb"), "-o",
            Path.Combine(home.Notebooks, "executed.ipynb"), "-q");
        var (address, token) = await home.ServeAsync(Python.System("notebook.notebookapp"), "notebook", "NotebookApp.token");
        var page = window.Page;
        await page.GotoAsync($"{address}notebooks/executed.ipynb?token={token}");
        await page.WaitForSelectorAsync(".kernel_idle_icon");
        Assert.False(await page.EvaluateAsync<bool>("Jupyter.notebook.trusted"));
        var widths = await page.EvaluateAsync<int[]>("[...document.querySelectorAll('.output_html img')].map(i => i.naturalWidth)");
        Assert.True(widths.Length >= 4, $"{widths.Length} figures");
        Assert.All(widths, width => Assert.Equal(720, width));
        await page.Locator(".output_html img").First.ScrollIntoViewIfNeededAsync();
        await Pictures.SaveAsync(page, "notebook-untrusted.png");
    }

    private static Task Prompt(IPage page, int cells) =>
        page.WaitForFunctionAsync(
            "n => [...document.querySelectorAll('.code_cell .input_prompt')].slice(0, n)"
            + ".every((p, i) => p.textContent.includes(`[${i + 1}]`))",
            cells,
            new() { Timeout = 120_000 });

    private static async Task TypeInNewCellAsync(IPage page, string code)
    {
        await page.EvaluateAsync(
            "Jupyter.notebook.insert_cell_at_bottom('code'); Jupyter.notebook.select(Jupyter.notebook.ncells() - 1); "
            + "Jupyter.notebook.edit_mode();");
        await page.EvaluateAsync(
            "code => { const cell = Jupyter.notebook.get_selected_cell(); cell.set_text(code); "
            + "cell.code_mirror.setCursor(cell.code_mirror.lineCount(), 0); cell.code_mirror.execCommand('goDocEnd'); "
            + "cell.focus_editor(); }",
            code);
    }
}
