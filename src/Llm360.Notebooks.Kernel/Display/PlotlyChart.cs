// A chart of Plotly.NET: JSON for front ends that draw it, and HTML that draws itself.
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.Kernel.Display;

internal static class PlotlyChart
{
    private const string Draw = "(function () {\n" + FigureHtml.WithPlotly + """
        var spec = SPEC;
        withPlotly(function () {
          document.querySelectorAll('[data-plotly-chart="KEY"]:not([data-drawn])').forEach(function (place) {
            place.setAttribute('data-drawn', '');
            place.textContent = '';
            window.Plotly.newPlot(place, spec.data, spec.layout, spec.config || { responsive: true });
          });
        });
        })();
        """;

    private const string WithoutScript = "This chart needs plotly.js, which llm360 kernel install puts beside the kernel.";

    /// <summary>The bundle of a figure in Plotly's JSON; null without a text.</summary>
    public static MimeBundle? Bundle(object? json)
    {
        if (json is not string text || JsonNode.Parse(text) is not JsonObject figure)
            return null;
        // The JSON must not end the script element around it.
        var escaped = text.Replace("<", "\\u003c", StringComparison.Ordinal);
        var key = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];
        var script = Draw.Replace("KEY", key, StringComparison.Ordinal).Replace("SPEC", escaped, StringComparison.Ordinal);
        return new MimeBundle(new JsonObject
        {
            [MimeBundle.Plotly] = figure,
            ["text/html"] = $"<div data-plotly-chart=\"{key}\">{WithoutScript}</div><script>{script}</script>",
            ["text/plain"] = "Plotly.NET chart",
        });
    }
}
