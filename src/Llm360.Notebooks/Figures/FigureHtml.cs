// A figure as a fragment of HTML: a picture, which becomes interactive where plotly.js is loaded.
using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace Llm360.Notebooks;

/// <summary>HTML of figures, and the script that brings plotly.js to a notebook.</summary>
public static class FigureHtml
{
    private const string Draw = """
        (function () {
          var spec = SPEC, tries = 0;
          function draw() {
            var places = document.querySelectorAll('[data-llm360-figure="KEY"]:not([data-drawn])');
            if (!window.Plotly) { if (tries++ < 50) setTimeout(draw, 100); return; }
            places.forEach(function (place) {
              place.setAttribute('data-drawn', '');
              place.setAttribute('role', 'img');
              place.setAttribute('aria-label', place.querySelector('img').alt);
              place.textContent = '';
              spec.layout.font.color = getComputedStyle(place).color;
              window.Plotly.newPlot(place, spec.data, spec.layout, spec.config);
            });
          }
          draw();
        })();
        """;

    /// <summary>A figure element: the chart named by its alternative text, and the finding as its caption.</summary>
    /// <remarks>
    /// It holds a picture. A script replaces the picture by an interactive chart where <c>window.Plotly</c> is defined. Front ends that do not
    /// trust a notebook remove scripts, and pictures in elements other than <c>img</c>.
    /// </remarks>
    public static string ToHtml(Figure figure)
    {
        ArgumentNullException.ThrowIfNull(figure);
        var json = EscapeForScript(figure.ToPlotlyJson());
        // The same figure has the same key in every run, so executed notebooks do not differ without cause.
        var key = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(json)))[..16];
        return $"""
            <figure class="llm360-figure" style="margin:0">
            <div data-llm360-figure="{key}" style="width:100%;min-height:60px"><img alt="{WebUtility.HtmlEncode(figure.AltText)}" style="max-width:100%" src="data:{MimeTypes.Svg};base64,{Convert.ToBase64String(Encoding.UTF8.GetBytes(figure.ToSvg()))}"></div>
            <figcaption>{WebUtility.HtmlEncode(figure.Finding)}</figcaption>
            <script>{Draw.Replace("KEY", key, StringComparison.Ordinal).Replace("SPEC", json, StringComparison.Ordinal)}</script>
            </figure>
            """;
    }

    /// <summary>A script that defines <c>window.Plotly</c> if it is missing; a host shows it once a notebook, before the first figure.</summary>
    /// <remarks>Inside a function where <c>define</c>, <c>module</c> and <c>exports</c> are undefined, so that require.js does not swallow it.</remarks>
    public static string PlotlyScript => $$"""
        <script>if (!window.Plotly) { (function (define, module, exports) {
        {{FigureRendering.Renderer.PlotlyJavaScript.Replace("</script", "<\\/script", StringComparison.OrdinalIgnoreCase)}}
        }).call(window); }</script>
        """;

    /// <summary>JSON that cannot end the script element around it.</summary>
    private static string EscapeForScript(string json) => json.Replace("<", "\\u003c", StringComparison.Ordinal);
}
