// The line of a value in a JSON document, for errors that are found after parsing.
using System.Globalization;
using System.Text.Json;

namespace Llm360.Notebooks;

/// <summary>Finds lines of values.</summary>
internal static class JsonLines
{
    /// <summary>The line of a key or item, counted from 1.</summary>
    /// <param name="bytes">A document that <see cref="JsonInput"/> has read.</param>
    /// <param name="path">In the form of <see cref="JsonPlace.Path"/>.</param>
    /// <param name="kind">The kind of document.</param>
    /// <returns>The line; 1 if there is no such path.</returns>
    public static int Of(ReadOnlySpan<byte> bytes, string path, JsonKind kind)
    {
        var reader = new Utf8JsonReader(bytes.StartsWith("\uFEFF"u8) ? bytes[3..] : bytes, kind.ReaderOptions);
        // For each open object and list: its path, and the number of the next item; -1 for an
        // object.
        var open = new Stack<(string Path, int Next)>();
        var key = "";
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray)
            {
                open.Pop();
                continue;
            }

            if (reader.TokenType == JsonTokenType.PropertyName)
            {
                key = $"{open.Peek().Path}.{reader.GetString()}";
                if (key == path)
                    return Line(reader, bytes);
                continue;
            }

            var here = open.Count == 0 ? "$" : key;
            if (open.TryPeek(out var level) && level.Next >= 0)
            {
                here = string.Create(CultureInfo.InvariantCulture, $"{level.Path}[{level.Next}]");
                open.Push(open.Pop() with { Next = level.Next + 1 });
            }

            if (here == path)
                return Line(reader, bytes);
            if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
                open.Push((here, reader.TokenType == JsonTokenType.StartArray ? 0 : -1));
        }

        return 1;
    }

    private static int Line(Utf8JsonReader reader, ReadOnlySpan<byte> bytes) => bytes[..(int)reader.TokenStartIndex].Count((byte)'\n') + 1;
}
