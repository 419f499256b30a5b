// Code cells: folded, coloured by class so that the stylesheet decides for light and dark.
using System.Globalization;
using System.Net;
using ColorCode;
using Llm360.Notebooks.Kernel.Documents;

namespace Llm360.Notebooks.Cli.Site;

/// <summary>Renders the source of code cells.</summary>
internal static class CodeCells
{
    /// <summary>Tag of the cell with the notebook's parameters, the one that is shown open.</summary>
    private const string ParametersTag = "parameters";

    /// <summary>Tag of the cell with the values that this run was given.</summary>
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
        return $"""
            <details class="code"{(parameters ? " open data-open" : "")}><summary>{label} <code>{WebUtility.HtmlEncode(preview)}</code></summary>
            <div tabindex="0">{new HtmlClassFormatter().GetHtmlString(source, Languages.CSharp)}</div></details>
            """;
    }
}
