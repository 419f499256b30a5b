// Executed notebooks in other formats, in which every figure is a picture.
using System.Text.RegularExpressions;

namespace Llm360.Notebooks.EndToEnd.Jupyter;

public sealed class NbconvertFormatsTests
{
    // The number of figures in the notebook of SampleNotebooks.
    private const int Figures = 4;

    [Theory]
    [InlineData("html")]
    [InlineData("markdown")]
    public async Task Nbconvert_shows_every_figure_as_a_picture(string format)
    {
        var text = await ConvertAsync(format);
        Assert.Equal(Figures, Regex.Count(text, "<img alt=\"[^\"]{40,}\"[^>]*src=\"data:image/svg\\+xml,%3Csvg"));
        Assert.DoesNotContain("plotly.js v", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("latex")]
    public async Task Nbconvert_includes_every_figure_in_a_document(string format)
    {
        foreach (var program in new[] { "pandoc", "inkscape" })
        {
            var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
            Assert.SkipUnless(folders.Any(f => File.Exists(Path.Combine(f, program))), $"nbconvert needs {program} for {format}");
        }

        Assert.Equal(Figures, Regex.Count(await ConvertAsync(format), @"\\adjustimage\{[^\n]*_files/[^\n]*\.pdf\}"));
    }

    private static async Task<string> ConvertAsync(string format)
    {
        var python = Python.System("nbconvert");
        using var home = await JupyterHome.CreateAsync(suite: false);
        SampleNotebooks.Write(home.Notebooks);
        var notebook = Path.Combine(home.Notebooks, "02-memorization.ipynb");
        var result = await home.RunAsync(python, "-m", "nbconvert", "--to", format, notebook);
        Assert.True(result.ExitCode == 0, result.Error);
        var extension = format switch { "markdown" => ".md", "latex" => ".tex", _ => ".html" };
        return await File.ReadAllTextAsync(Path.ChangeExtension(notebook, extension), TestContext.Current.CancellationToken);
    }
}
