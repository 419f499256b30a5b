// Writes JSON byte for byte as Jupyter does, so that a save changes only what was edited.
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.Kernel.Documents;

/// <summary>Indent 1, newline <c>\n</c>, and only the escapes that JSON requires. Only JSON outputs
/// differ from Jupyter's form.</summary>
/// <remarks>System.Text.Json's encoders escape characters outside the basic plane, and escape
/// control characters with upper-case digits. Jupyter does neither.</remarks>
internal static class NotebookJsonWriter
{
    /// <summary>JSON outputs, such as figures, are written on one line. With one line for each
    /// number they would be twice as long.</summary>
    private const string JsonOutput = "+json";

    // Stays negative at any nesting depth.
    private const int OneLine = int.MinValue;

    public static string Write(JsonNode node)
    {
        var text = new StringBuilder();
        WriteNode(text, node, 0);
        return text.Append('\n').ToString();
    }

    private static void WriteNode(StringBuilder text, JsonNode? node, int depth)
    {
        switch (node)
        {
            case JsonObject { Count: > 0 } json:
                var separator = '{';
                foreach (var (key, value) in json)
                {
                    NewLine(text.Append(separator), depth + 1);
                    WriteString(text, key);
                    text.Append(": ");
                    WriteNode(text, value, key.EndsWith(JsonOutput, StringComparison.Ordinal) ? OneLine : depth + 1);
                    separator = ',';
                }

                NewLine(text, depth).Append('}');
                break;
            case JsonArray { Count: > 0 } array:
                separator = '[';
                foreach (var item in array)
                {
                    NewLine(text.Append(separator), depth + 1);
                    WriteNode(text, item, depth + 1);
                    separator = ',';
                }

                NewLine(text, depth).Append(']');
                break;
            case JsonValue when node.GetValueKind() == JsonValueKind.String:
                WriteString(text, node.GetValue<string>());
                break;
            default:
                text.Append(node?.ToJsonString() ?? "null");
                break;
        }
    }

    private static StringBuilder NewLine(StringBuilder text, int depth) => depth < 0 ? text : text.Append('\n').Append(' ', depth);

    private static void WriteString(StringBuilder text, string value)
    {
        text.Append('"');
        for (var i = 0; i < value.Length; i++)
        {
            var c = value[i];
            if (char.IsHighSurrogate(c) && i + 1 < value.Length && char.IsLowSurrogate(value[i + 1]))
            {
                text.Append(c).Append(value[++i]);
                continue;
            }

            _ = c switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                '\b' => text.Append("\\b"),
                '\f' => text.Append("\\f"),
                < ' ' => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ when char.IsSurrogate(c) => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"), // half a pair has no UTF-8
                _ => text.Append(c),
            };
        }

        text.Append('"');
    }
}
