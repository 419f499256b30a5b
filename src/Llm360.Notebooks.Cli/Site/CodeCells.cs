// Code cells: collapsed, and coloured by class so that the stylesheet decides for light and dark.
using System.Globalization;
using System.Net;
using ColorCode;
using Llm360.Notebooks.Kernel.Documents;

namespace Llm360.Notebooks.Cli.Site;

/// <summary>Renders the source of code cells.</summary>
internal static class CodeCells
{
    /// <summary>Tag of the cell with the notebook's parameters, the only one shown open.</summary>
    private const string ParametersTag = "parameters";

    /// <summary>Tag of the cell with the parameter values of this run.</summary>
    private const string InjectedTag = "injected-parameters";

    private const int MaximumPreview = 60;

    public static string Render(NotebookCell cell)
    {
        var source = cell.Source.Trim('\n');
        if (string.IsNullOrWhiteSpace(source))
            return "";
        var parameters = cell.Tags.Contains(ParametersTag);
        var label = parameters ? "Parameters"
            : cell.Tags.Contains(InjectedTag) ? "Parameters of this run"
            : cell.ExecutionCount is { } n ? string.Create(CultureInfo.InvariantCulture, $"Code {n}") : "Code";
        var first = source.Split('\n')[0].Trim();
        var preview = first.Length > MaximumPreview ? first[..MaximumPreview] + "…" : first;
        var (open, line) = (parameters ? " open data-open" : "", WebUtility.HtmlEncode(preview));
        return $"""
            <details class="code"{open}><summary>{label} <code>{line}</code></summary>
            <div tabindex="0">{new HtmlClassFormatter().GetHtmlString(source, Languages.CSharp)}</div></details>
            """;
    }
}
