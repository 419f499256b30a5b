// Reads text from a notebook's JSON, whatever its type.
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.Cli.Site;

/// <summary>
/// Reads text from JSON that may be a string, a list of lines, or something else.
/// </summary>
internal static class NotebookJson
{
    /// <summary>The text of a string or a list of strings; empty for anything else.</summary>
    public static string TextOf(JsonNode? node) => node switch
    {
        JsonArray lines => string.Concat(lines.Select(TextOf)),
        JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
        _ => "",
    };
}
