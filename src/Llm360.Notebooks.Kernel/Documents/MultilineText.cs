// Text in notebooks: a string or a list of lines when read, always a list of lines when written.
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.Kernel.Documents;

/// <summary>nbformat's multiline strings.</summary>
public static class MultilineText
{
    /// <summary>The text of a string or a list of strings; empty for null.</summary>
    public static string Join(JsonNode? node) => node switch
    {
        null => "",
        JsonArray lines => string.Concat(lines.Select(line => line?.GetValue<string>())),
        _ => node.GetValue<string>(),
    };

    /// <summary>The text as a list of lines, each with its newline; empty for an empty
    /// text.</summary>
    public static JsonArray Split(string text)
    {
        var lines = new JsonArray();
        for (var start = 0; start < text.Length;)
        {
            var newline = text.IndexOf('\n', start);
            var end = newline < 0 ? text.Length : newline + 1;
            lines.Add(JsonValue.Create(text[start..end]));
            start = end;
        }

        return lines;
    }

    internal static bool IsText(JsonNode? node) =>
        node is null || IsString(node) || (node is JsonArray lines && lines.All(IsString));

    /// <summary>Splits every text of the cell that is one string into lines, as Jupyter does when
    /// it saves.</summary>
    internal static void SplitAll(JsonObject cell)
    {
        SplitChild(cell, "source");
        foreach (var output in (cell["outputs"] as JsonArray ?? []).OfType<JsonObject>())
        {
            SplitChild(output, "text");
            if (output["data"] is not JsonObject data)
                continue;
            foreach (var mime in data.Select(entry => entry.Key).Where(IsSplit).ToList())
                SplitChild(data, mime);
        }
    }

    private static bool IsSplit(string mime) =>
        mime.StartsWith("text/", StringComparison.Ordinal) || mime is "application/javascript" or "image/svg+xml";

    private static bool IsString(JsonNode? node) => node?.GetValueKind() == JsonValueKind.String;

    private static void SplitChild(JsonObject parent, string key)
    {
        if (parent[key] is { } node && IsString(node))
            parent[key] = Split(node.GetValue<string>());
    }
}
