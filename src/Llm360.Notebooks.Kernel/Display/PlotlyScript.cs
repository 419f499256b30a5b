// plotly.js as an output of its own, once a notebook.
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.Kernel.Display;

/// <summary>The output that brings plotly.js into a page; figures only expect <c>window.Plotly</c>.</summary>
public static class PlotlyScript
{
    /// <summary>The value of <c>metadata.llm360.role</c> by which a report finds and drops the output.</summary>
    public const string Role = "plotly.js";

    /// <summary>Whether an output's metadata marks it as the one that brings plotly.js.</summary>
    public static bool IsRole(JsonNode? outputMetadata) =>
        outputMetadata is JsonObject metadata && metadata["llm360"] is JsonObject own && own["role"] is JsonValue role && role.ToString() == Role;

    /// <summary>Defines <c>window.Plotly</c> if it is missing.</summary>
    /// <remarks>
    /// Notebook front ends have require.js on the page: with <c>define</c>, <c>module</c> or <c>exports</c> in sight, plotly.js would register
    /// itself there instead of on the window, so it runs in a function in which they are undefined.
    /// </remarks>
    internal static MimeBundle Create(string javaScript)
    {
        // The text "</script" inside the source would end the element; "<\/script" is the same string to JavaScript.
        var source = javaScript.Replace("</script", "<\\/script", StringComparison.OrdinalIgnoreCase);
        var html = $"<script>(function (define, module, exports) {{ if (!window.Plotly) {{\n{source}\n}} }}).call(window);</script>";
        return new MimeBundle(
            new JsonObject { ["text/html"] = html, ["text/plain"] = "plotly.js for the figures below" },
            new JsonObject { ["llm360"] = new JsonObject { ["role"] = Role } });
    }
}
