// A figure as a fragment of HTML: a picture, which becomes interactive where plotly.js is loaded.
using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace Llm360.Notebooks;

/// <summary>HTML of figures, and the script that loads plotly.js in a notebook.</summary>
public static class FigureHtml
{
    // The background is white, because no single grey is readable on both white and black.
    private const string PictureStyle = "max-width:100%;background:#fff";

    // Every figure contains a copy of the drawing script. The script is compressed together with
    // the figure; these statements decompress and run it.
    private const string Start = """
        new Response(new Blob([Uint8Array.from(atob('PACKED'), function (c) { return c.charCodeAt(0); })]).stream()
        .pipeThrough(new DecompressionStream('deflate'))).text().then(function (text) {
        var parts = text.split('\0'); new Function('spec', parts[0])(parts[1]); });
        """;

    /// <summary>
    /// Statements of JavaScript that define <c>withPlotly(draw)</c>. It calls a function once
    /// plotly.js is available: from the page, or loaded once from the kernel's folder.
    /// </summary>
    internal const string WithPlotly = """
        function get(base, name) {
          return fetch(base + 'kernelspecs/' + name + '/plotly.min.js').then(function (answer) {
            if (!answer.ok) throw answer.status;
            return answer.text();
          });
        }
        function load() {
          var config = document.getElementById('jupyter-config-data');
          var base = config ? JSON.parse(config.textContent).baseUrl : document.body.getAttribute('data-base-url');
          if (window.Plotly || !base) return Promise.resolve();
          return get(base, 'llm360-csharp').catch(function () { return get(base, '.net-csharp'); }).then(function (source) {
            if (!window.Plotly) new Function('define', 'module', 'exports', source).call(window);
          }).catch(function () {});
        }
        function wait(draw, tries) {
          if (window.Plotly) draw();
          else if (tries < 50) setTimeout(wait, 100, draw, tries + 1);
        }
        function withPlotly(draw) {
          window.llm360Plotly = window.llm360Plotly || load();
          window.llm360Plotly.then(function () { wait(draw, 0); });
        }

        """;

    private const string Draw = WithPlotly + """
        withPlotly(function () {
          document.querySelectorAll('[data-llm360-figure="KEY"]:not([data-drawn])').forEach(function (place) {
            place.setAttribute('data-drawn', '');
            place.setAttribute('role', 'img');
            place.setAttribute('aria-label', place.querySelector('img').alt);
            place.textContent = '';
            var figure = JSON.parse(spec);
            figure.layout.font.color = getComputedStyle(place).color;
            window.Plotly.newPlot(place, figure.data, figure.layout, figure.config);
          });
        });
        """;

    /// <summary>
    /// A figure element: a chart with its alternative text, and the finding as its caption.
    /// </summary>
    /// <remarks>
    /// The element contains a picture. A script replaces the picture by an interactive chart where
    /// <c>window.Plotly</c> is defined, or where a Jupyter server has the installed kernel. Front
    /// ends that do not trust a notebook remove scripts, and pictures in elements other than
    /// <c>img</c>.
    /// </remarks>
    public static string ToHtml(Figure figure)
    {
        ArgumentNullException.ThrowIfNull(figure);
        var json = figure.ToPlotlyJson();
        // The same figure has the same key in every run, so that two runs of a notebook do not
        // differ.
        var key = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(json)))[..16];
        var (alt, picture) = (WebUtility.HtmlEncode(figure.AltText), Picture(figure.ToSvg()));
        var script = Draw.Replace("KEY", key, StringComparison.Ordinal);
        var place = $"""<div data-llm360-figure="{key}" style="width:100%;min-height:60px">""";
        return $"""
            <figure class="llm360-figure" style="margin:0">
            {place}<img alt="{alt}" style="{PictureStyle}" src="{picture}"></div>
            <figcaption>{WebUtility.HtmlEncode(figure.Finding)}</figcaption>
            <script>{Start.Replace("PACKED", Deflated(script + "\0" + json), StringComparison.Ordinal)}</script>
            </figure>
            """;
    }

    /// <summary>
    /// A script that defines <c>window.Plotly</c> if it is missing. A host shows it once per
    /// notebook, before the first figure.
    /// </summary>
    /// <remarks>
    /// plotly.js runs in a function in which <c>define</c>, <c>module</c> and <c>exports</c> are
    /// undefined. Otherwise require.js would register it as a module.
    /// </remarks>
    public static string PlotlyScript => $$"""
        <script>if (!window.Plotly) { (function (define, module, exports) {
        {{FigureRendering.Renderer.PlotlyJavaScript.Replace("</script", "<\\/script", StringComparison.OrdinalIgnoreCase)}}
        }).call(window); }</script>
        """;

    // Percent-encoding a few characters is shorter than Base64. Title and description are omitted:
    // the text beside the picture has them.
    private static string Picture(string svg)
    {
        const string desc = "</desc>";
        var end = svg.IndexOf(desc, StringComparison.Ordinal);
        var drawn = end < 0 ? svg : svg[..(svg.IndexOf('>', StringComparison.Ordinal) + 1)] + svg[(end + desc.Length)..];
        var uri = new StringBuilder($"data:{MimeTypes.Svg},");
        foreach (var rune in drawn.EnumerateRunes())
        {
            if (rune.IsAscii && rune.Value is not ('"' or '<' or '#' or '%' or '&' or '{' or '}'))
                uri.Append((char)rune.Value);
            else
                uri.Append(Uri.EscapeDataString(rune.ToString()));
        }

        return uri.ToString();
    }

    /// <summary>
    /// zlib in Base64: a sixth of the size, and it contains nothing that could end the script
    /// element.
    /// </summary>
    private static string Deflated(string json)
    {
        using var bytes = new MemoryStream();
        using (var zlib = new ZLibStream(bytes, CompressionLevel.SmallestSize, leaveOpen: true))
            zlib.Write(Encoding.UTF8.GetBytes(json));
        return Convert.ToBase64String(bytes.GetBuffer(), 0, (int)bytes.Length);
    }
}
