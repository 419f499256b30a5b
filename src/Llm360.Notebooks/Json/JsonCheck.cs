// Walks through a JSON document and reports where it is malformed.
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Llm360.Notebooks;

/// <summary>
/// Finds errors that a parser accepts, or reports without a position: broken characters, duplicate
/// keys, null in a list.
/// </summary>
internal ref struct JsonCheck
{
    private const int LongestKeyShown = 60;
    private readonly ReadOnlySpan<byte> bytes;
    private readonly string where;
    private readonly JsonKind kind;
    private readonly List<Level> levels = [];
    private Utf8JsonReader reader;

    private JsonCheck(ReadOnlySpan<byte> bytes, string where, JsonKind kind)
    {
        this.bytes = bytes;
        (this.where, this.kind) = (where, kind);
        reader = new Utf8JsonReader(bytes, kind.ReaderOptions);
    }

    /// <summary>Whether the bytes may contain text that is not valid Unicode.</summary>
    /// <remarks>The walk is needed only in this case. It takes as long as parsing.</remarks>
    public static bool MayHoldBrokenCharacters(ReadOnlySpan<byte> bytes) =>
        !Utf8.IsValid(bytes) || bytes.IndexOf("\\ud"u8) >= 0 || bytes.IndexOf("\\uD"u8) >= 0;

    /// <summary>Walks through a document.</summary>
    /// <param name="bytes">UTF-8, without a byte order mark.</param>
    /// <param name="where">The file.</param>
    /// <param name="kind">The kind of document.</param>
    /// <param name="allowsNullItems">Whether a list may hold null.</param>
    /// <exception cref="Llm360Exception">
    /// It is not JSON, is nested too deeply, or contains broken characters or a duplicate key.
    /// </exception>
    public static void Run(ReadOnlySpan<byte> bytes, string where, JsonKind kind, bool allowsNullItems = true)
    {
        var check = new JsonCheck(bytes, where, kind);
        try
        {
            while (check.reader.Read())
                check.Token(allowsNullItems);
        }
        catch (JsonException e)
        {
            throw kind.Error($"it is not valid JSON: {Reason(e)}", Place(where, (e.LineNumber ?? 0) + 1, check.Path()), e);
        }
    }

    /// <summary>A file, a line counted from 1, and a path in the document.</summary>
    public static string Place(string where, long line, string path) =>
        string.Create(CultureInfo.InvariantCulture, $"{where}, line {line}, {path}");

    /// <summary>The parser's message without the position that it repeats.</summary>
    public static string Reason(JsonException e) =>
        e.Message.Split(" Path:")[0].Split(" LineNumber:")[0].Split(" Change the reader options")[0].TrimEnd('.');

    private readonly void Token(bool allowsNullItems)
    {
        var type = reader.TokenType;
        if (type == JsonTokenType.PropertyName)
        {
            var name = Text();
            var level = levels[^1];
            level.Name = name;
            if (!level.Names.Add(name))
                throw Fault($"the key \"{Printable.Value(name)}\" is there twice");
            return;
        }

        if (type is JsonTokenType.EndObject or JsonTokenType.EndArray)
        {
            levels.RemoveAt(levels.Count - 1);
            return;
        }

        var isItem = levels.Count > 0 && levels[^1].IsArray;
        if (isItem)
            levels[^1].Index++;
        if (type is JsonTokenType.StartObject or JsonTokenType.StartArray)
            levels.Add(new Level { IsArray = type == JsonTokenType.StartArray });
        else if (type == JsonTokenType.String)
            Text();
        else if (type == JsonTokenType.Null && isItem && !allowsNullItems)
            throw Fault($"{Path()} is null");
    }

    private readonly string Text()
    {
        if (!Utf8.IsValid(reader.ValueSpan))
            throw Fault("a text in it is not UTF-8");
        if (reader.TokenType == JsonTokenType.String && !reader.ValueIsEscaped)
            return "";
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw Fault("a text in it holds half of a surrogate pair, which is no character", e);
        }
    }

    private readonly Llm360Exception Fault(string how, Exception? inner = null) =>
        kind.Error(how, Place(where, bytes[..(int)reader.TokenStartIndex].Count((byte)'\n') + 1, Path()), inner);

    private readonly string Path()
    {
        var path = new StringBuilder("$");
        foreach (var level in levels)
        {
            if (level.IsArray && level.Index >= 0)
                path.Append(CultureInfo.InvariantCulture, $"[{level.Index}]");
            else if (level.Name is { } name)
                path.Append('.').Append(name.Length <= LongestKeyShown ? name : name[..LongestKeyShown] + "...");
        }

        return path.ToString();
    }

    private sealed class Level
    {
        public bool IsArray { get; init; }

        public int Index { get; set; } = -1;

        public string? Name { get; set; }

        public HashSet<string> Names => field ??= new HashSet<string>(StringComparer.Ordinal);
    }
}
