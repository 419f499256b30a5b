// A value in an item, named by a path in a task description.
using System.Globalization;
using System.Text.Json.Nodes;

namespace Llm360.Notebooks;

/// <summary>A part of an item: <c>{"field": "choices.text", "strip": "left"}</c>.</summary>
/// <param name="Field">Path into the item; a number is an index of a list.</param>
/// <param name="Strip"><c>both</c>, <c>left</c>, or null for none.</param>
internal sealed record TaskValue(string Field, string? Strip = null)
{
    /// <summary>
    /// The value as text. A number or truth value has Python's form.
    /// </summary>
    /// <exception cref="Llm360Exception">The item has no such text.</exception>
    public string Text(TaskItem item)
    {
        var text = Node(item) is JsonValue value ? value.GetValueKind() switch
        {
            System.Text.Json.JsonValueKind.String => value.GetValue<string>(),
            System.Text.Json.JsonValueKind.Number => value.ToJsonString(),
            System.Text.Json.JsonValueKind.True => "True",
            System.Text.Json.JsonValueKind.False => "False",
            _ => null,
        }
        : null;
        return Strip switch
        {
            _ when text is null => throw item.Error($"\"{Field}\" is not a text"),
            "both" => PythonText.Strip(text),
            "left" => PythonText.LeftStrip(text),
            _ => text,
        };
    }

    /// <summary>The value as a whole number; a text of digits is allowed.</summary>
    /// <exception cref="Llm360Exception">The item has no such number.</exception>
    public int Whole(TaskItem item) => int.TryParse(Text(item), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
        ? number : Node(item)?.GetValueKind() switch
        {
            System.Text.Json.JsonValueKind.True => 1,
            System.Text.Json.JsonValueKind.False => 0,
            _ => throw item.Error($"\"{Field}\" is \"{Printable.Value(Text(item))}\", not a whole number"),
        };

    /// <summary>The value as a list of texts.</summary>
    /// <exception cref="Llm360Exception">
    /// The item has no such list, or the list is empty.
    /// </exception>
    public IReadOnlyList<string> List(TaskItem item)
    {
        if (Node(item) is not JsonArray { Count: > 0 } list)
            throw item.Error($"\"{Field}\" is not a list with entries");
        return [.. list.Select((_, i) => new TaskValue($"{Field}.{i.ToString(CultureInfo.InvariantCulture)}").Text(item))];
    }

    private JsonNode? Node(TaskItem item)
    {
        JsonNode? at = item.Data;
        foreach (var part in Field.Split('.'))
        {
            at = at switch
            {
                JsonObject fields when fields.TryGetPropertyValue(part, out var value) => value,
                JsonArray list when int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var i) && i < list.Count =>
                    list[i],
                _ => throw item.Error($"the field \"{Field}\" is missing (no \"{part}\")"),
            };
        }

        return at;
    }
}
