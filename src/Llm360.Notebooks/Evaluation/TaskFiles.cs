// Reads the items of a task: JSON Lines or Parquet, from a folder or from the Hub.
using System.Text.Json.Nodes;
using Parquet.Serialization;

namespace Llm360.Notebooks;

/// <summary>Reads files of items.</summary>
internal static class TaskFiles
{
    private static readonly JsonKind Kind = new("The item", 16 << 20, "An item is a JSON object on a line of its own.");

    /// <summary>The items of a file.</summary>
    /// <param name="path">JSON Lines, or Parquet if the name ends in <c>.parquet</c>.</param>
    /// <exception cref="Llm360Exception">
    /// The file is missing or empty, or a line is not an item.
    /// </exception>
    public static IReadOnlyList<TaskItem> Read(string path)
    {
        if (!File.Exists(path))
            throw new Llm360Exception("There is no such file of items.", path,
                "Name a JSON Lines or Parquet file with an item in each row.");
        var items = path.EndsWith(".parquet", StringComparison.OrdinalIgnoreCase) ? Parquet(path) : Lines(path);
        return items.Count > 0 ? items
            : throw new Llm360Exception("The task has no items: the file is empty.", path, "Put an item in each row.");
    }

    private static List<TaskItem> Lines(string path)
    {
        var items = new List<TaskItem>();
        foreach (var (number, line) in LineReader.JsonLines(path, Kind))
        {
            // The node keeps no reference to the line's memory.
            var place = FormattableString.Invariant($"{path}, line {number}, item {items.Count} (counted from 0)");
            items.Add(JsonInput.Node(line, place, Kind) is JsonObject fields ? new TaskItem(fields, path, items.Count, number)
                : throw Kind.Error("it is not an object", place));
        }

        return items;
    }

    private static List<TaskItem> Parquet(string path)
    {
        try
        {
            using var stream = File.OpenRead(path);
            var rows = ParquetSerializer.DeserializeUntypedAsync(stream).GetAwaiter().GetResult();
            return [.. rows.Data.Select((row, i) => new TaskItem((JsonObject)Node(row)!, path, i, null))];
        }
        catch (Exception e) when (e is not Llm360Exception)
        {
            throw new Llm360Exception($"The table of items cannot be read: {e.Message}", path, "Put back a copy of the Parquet file.", e);
        }
    }

    private static JsonNode? Node(object? value) => value switch
    {
        null => null,
        string text => JsonValue.Create(text),
        IDictionary<string, object> fields => new JsonObject(fields.Select(f => KeyValuePair.Create(f.Key, Node(f.Value)))),
        System.Collections.IDictionary map =>
            new JsonObject(map.Keys.Cast<object>().Select(k => KeyValuePair.Create(k.ToString()!, Node(map[k])))),
        byte[] bytes => JsonValue.Create(System.Text.Encoding.UTF8.GetString(bytes)),
        System.Collections.IEnumerable list => new JsonArray([.. list.Cast<object?>().Select(Node)]),
        bool truth => JsonValue.Create(truth),
        sbyte or byte or short or ushort or int or uint or long =>
            JsonValue.Create(Convert.ToInt64(value, System.Globalization.CultureInfo.InvariantCulture)),
        float or double => JsonValue.Create(Convert.ToDouble(value, System.Globalization.CultureInfo.InvariantCulture)),
        _ => JsonValue.Create(value.ToString()),
    };
}
