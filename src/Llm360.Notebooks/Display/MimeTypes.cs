// The MIME types of displayed results.
namespace Llm360.Notebooks;

/// <summary>MIME types of notebook outputs.</summary>
public static class MimeTypes
{
    /// <summary>A fragment of HTML.</summary>
    public const string Html = "text/html";

    /// <summary>Plotly JSON: data, layout, config.</summary>
    public const string Plotly = "application/vnd.plotly.v1+json";

    /// <summary>A picture.</summary>
    public const string Svg = "image/svg+xml";

    /// <summary>Text for a console.</summary>
    public const string Plain = "text/plain";
}
