// A chart of Plotly.NET: its JSON for front ends that draw it, and HTML that draws itself.
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.Kernel.Display;

internal static class PlotlyChart
{
    // plotly.js comes with the first figure of a session; where it was left out, from its own site.
    private const string Draw = """
        (function () {
          var spec = SPEC, tries = 0;
          function draw() {
            if (!window.Plotly) {
              if (tries++ === 20) {
                var script = document.createElement('script');
                script.src = 'https://cdn.plot.ly/plotly-2.35.2.min.js';
                document.head.appendChild(script);
              }
              if (tries < 200) setTimeout(draw, 100);
              return;
            }
            document.querySelectorAll('[data-plotly-chart="KEY"]:not([data-drawn])').forEach(function (place) {
              place.setAttribute('data-drawn', '');
              window.Plotly.newPlot(place, spec.data, spec.layout, spec.config || { responsive: true });
            });
          }
          draw();
        })();
        """;

    /// <summary>The bundle of a figure in Plotly's JSON; null where there is no text.</summary>
    public static MimeBundle? Bundle(object? json)
    {
        if (json is not string text || JsonNode.Parse(text) is not JsonObject figure)
            return null;
        // JSON must not end the script element around it.
        var escaped = text.Replace("<", "\\u003c", StringComparison.Ordinal);
        var key = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];
        var script = Draw.Replace("KEY", key, StringComparison.Ordinal).Replace("SPEC", escaped, StringComparison.Ordinal);
        return new MimeBundle(new JsonObject
        {
            [MimeBundle.Plotly] = figure,
            ["text/html"] = $"<div data-plotly-chart=\"{key}\"></div><script>{script}</script>",
            ["text/plain"] = "Plotly.NET chart",
        });
    }
}
