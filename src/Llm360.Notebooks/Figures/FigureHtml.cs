// A figure as a fragment of HTML: a picture, which becomes interactive where plotly.js is loaded.
using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace Llm360.Notebooks;

/// <summary>HTML of figures, and the script that brings plotly.js to a notebook.</summary>
public static class FigureHtml
{
    // plotly.js comes from the folder of the installed kernel, which every Jupyter server serves; a page may also
    // bring its own. Where there is neither, the picture stays.
    private const string Draw = """
        (function () {
          function fetched(base, name) {
            return fetch(base + 'kernelspecs/' + name + '/plotly.min.js').then(function (answer) {
              if (!answer.ok) throw answer.status;
              return answer.text();
            });
          }
          function load() {
            var config = document.getElementById('jupyter-config-data');
            var base = config ? JSON.parse(config.textContent).baseUrl : document.body.getAttribute('data-base-url');
            if (window.Plotly || !base) return Promise.resolve();
            return fetched(base, 'llm360-csharp').catch(function () { return fetched(base, '.net-csharp'); })
              .then(function (source) { if (!window.Plotly) new Function('define', 'module', 'exports', source).call(window); })
              .catch(function () {});
          }
          function unpack(text) {
            var bytes = Uint8Array.from(atob(text), function (c) { return c.charCodeAt(0); });
            return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'))).json();
          }
          function draw(spec, tries) {
            var places = document.querySelectorAll('[data-llm360-figure="KEY"]:not([data-drawn])');
            if (!window.Plotly) { if (tries < 50) setTimeout(draw, 100, spec, tries + 1); return; }
            places.forEach(function (place) {
              place.setAttribute('data-drawn', '');
              place.setAttribute('role', 'img');
              place.setAttribute('aria-label', place.querySelector('img').alt);
              place.textContent = '';
              var copy = JSON.parse(JSON.stringify(spec));
              copy.layout.font.color = getComputedStyle(place).color;
              window.Plotly.newPlot(place, copy.data, copy.layout, copy.config);
            });
          }
          window.llm360Plotly = window.llm360Plotly || load();
          Promise.all([unpack('SPEC'), window.llm360Plotly]).then(function (all) { draw(all[0], 0); });
        })();
        """;

    /// <summary>A figure element: the chart named by its alternative text, and the finding as its caption.</summary>
    /// <remarks>
    /// It holds a picture. A script replaces the picture by an interactive chart where <c>window.Plotly</c> is defined, or where a
    /// Jupyter server has the installed kernel. Front ends that do not trust a notebook remove scripts, and pictures in elements
    /// other than <c>img</c>.
    /// </remarks>
    public static string ToHtml(Figure figure)
    {
        ArgumentNullException.ThrowIfNull(figure);
        var json = figure.ToPlotlyJson();
        // The same figure has the same key in every run, so executed notebooks do not differ without cause.
        var key = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(json)))[..16];
        return $"""
            <figure class="llm360-figure" style="margin:0">
            <div data-llm360-figure="{key}" style="width:100%;min-height:60px"><img alt="{WebUtility.HtmlEncode(figure.AltText)}" style="max-width:100%;background:#fff" src="data:{MimeTypes.Svg};base64,{Convert.ToBase64String(Encoding.UTF8.GetBytes(figure.ToSvg()))}"></div>
            <figcaption>{WebUtility.HtmlEncode(figure.Finding)}</figcaption>
            <script>{Draw.Replace("KEY", key, StringComparison.Ordinal).Replace("SPEC", Deflated(json), StringComparison.Ordinal)}</script>
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

    /// <summary>zlib in Base64: a sixth of the size, and nothing in it can end the script element.</summary>
    private static string Deflated(string json)
    {
        using var bytes = new MemoryStream();
        using (var zlib = new ZLibStream(bytes, CompressionLevel.SmallestSize, leaveOpen: true))
            zlib.Write(Encoding.UTF8.GetBytes(json));
        return Convert.ToBase64String(bytes.GetBuffer(), 0, (int)bytes.Length);
    }
}
