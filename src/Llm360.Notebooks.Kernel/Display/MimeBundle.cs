// What a front end shows: one value in one or more MIME types.
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.Kernel.Display;

/// <summary>One value in one or more MIME types; the front end shows the richest it can.</summary>
/// <param name="Data">MIME type to content: a string, or a JSON value for JSON MIME types.</param>
/// <param name="Metadata">About the output; empty for none.</param>
public sealed record MimeBundle(JsonObject Data, JsonObject Metadata)
{
    /// <summary>The MIME type that makes a bundle a Plotly figure.</summary>
    public const string Plotly = "application/vnd.plotly.v1+json";

    /// <summary>A bundle without metadata.</summary>
    public MimeBundle(JsonObject data)
        : this(data, [])
    {
    }

    /// <summary>HTML with its plain text.</summary>
    public static MimeBundle Html(string html, string plainText) =>
        new(new JsonObject { ["text/html"] = html, ["text/plain"] = plainText });

    /// <summary>Plain text alone.</summary>
    public static MimeBundle PlainText(string text) => new(new JsonObject { ["text/plain"] = text });

    /// <summary>Replaces a display that was removed: it takes no space.</summary>
    internal static MimeBundle Nothing => Html("", "");

    /// <summary>Whether <paramref name="mime"/> is held as a JSON value and not as text.</summary>
    public static bool IsJson(string mime) => mime == "application/json" || mime.EndsWith("+json", StringComparison.Ordinal);
}
