// Reads all JSON from outside: manifests, configurations, tokenizers, notebooks, Hub answers.
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Llm360.Notebooks;

/// <summary>Reads JSON from outside.</summary>
/// <remarks>
/// A document is not longer or deeper than its kind allows. It is UTF-8 without broken characters
/// and has no duplicate keys, so its strings can be read without an exception. Every error is an
/// <see cref="Llm360Exception"/> with file, line and path in the document.
/// </remarks>
internal static partial class JsonInput
{
    /// <summary>Reads a file as a document; dispose it.</summary>
    public static JsonDocument Document(string path, JsonKind kind) => Document(Bytes(path, kind), path, kind);

    /// <summary>Reads text as a document; dispose it.</summary>
    /// <param name="bytes">UTF-8; must not change while the document is in use.</param>
    /// <param name="where">The file, for errors.</param>
    /// <param name="kind">The kind of document.</param>
    public static JsonDocument Document(ReadOnlyMemory<byte> bytes, string where, JsonKind kind)
    {
        bytes = Checked(bytes, where, kind);
        return Parse(bytes, where, kind, () => JsonDocument.Parse(bytes, kind.DocumentOptions));
    }

    /// <summary>Reads text as a node that can be changed.</summary>
    /// <param name="bytes">UTF-8.</param>
    /// <param name="where">The file, for errors.</param>
    /// <param name="kind">The kind of document.</param>
    public static JsonNode? Node(ReadOnlyMemory<byte> bytes, string where, JsonKind kind)
    {
        bytes = Checked(bytes, where, kind);
        return Parse(bytes, where, kind, () => JsonNode.Parse(bytes.Span, documentOptions: kind.DocumentOptions));
    }

    /// <summary>Reads a file as a node that can be changed.</summary>
    public static JsonNode? Node(string path, JsonKind kind) => Node(Bytes(path, kind), path, kind);

    /// <summary>Reads a file into a record. Its lists contain no null.</summary>
    /// <param name="path">The file.</param>
    /// <param name="kind">The kind of document.</param>
    /// <param name="options">How keys are named, and which are allowed.</param>
    public static T Read<T>(string path, JsonKind kind, JsonSerializerOptions options)
        where T : class => Read<T>(Bytes(path, kind), path, kind, options);

    /// <summary>Reads text into a record. Its lists contain no null.</summary>
    /// <param name="text">UTF-8.</param>
    /// <param name="path">The file, for errors.</param>
    /// <param name="kind">The kind of document.</param>
    /// <param name="options">How keys are named, and which are allowed.</param>
    public static T Read<T>(ReadOnlyMemory<byte> text, string path, JsonKind kind, JsonSerializerOptions options)
        where T : class
    {
        var bytes = Checked(text, path, kind);
        JsonCheck.Run(bytes.Span, path, kind, allowsNullItems: false);
        try
        {
            return JsonSerializer.Deserialize<T>(bytes.Span, options)
                ?? throw kind.Error("it is null", JsonCheck.Place(path, 1, "$"));
        }
        catch (JsonException e)
        {
            var place = JsonCheck.Place(path, (e.LineNumber ?? 0) + 1, e.Path ?? "$");
            throw kind.Error(Reason(e, typeof(T), options), place, e, kind.Advise?.Invoke(e));
        }
    }

    /// <summary>The bytes of a file.</summary>
    public static byte[] Bytes(string path, JsonKind kind)
    {
        try
        {
            return PlainFile.ReadAllBytes(path, kind.Longest);
        }
        catch (InvalidDataException e)
        {
            throw kind.Error(e.Message, path, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var isMissing = e is FileNotFoundException or DirectoryNotFoundException;
            throw isMissing && kind.Missing is { } missing
                ? new Llm360Exception(missing, path, kind.MissingRemedy ?? kind.Remedy, e)
                : kind.Error(e.Message.TrimEnd('.'), path, e, isMissing ? kind.MissingRemedy : null);
        }
    }

    // Removes a byte order mark, and refuses broken characters.
    private static ReadOnlyMemory<byte> Checked(ReadOnlyMemory<byte> bytes, string where, JsonKind kind)
    {
        if (bytes.Length > kind.Longest)
            throw kind.Error($"it has {bytes.Length} bytes, and at most {kind.Longest} are read", where);
        if (bytes.Span.StartsWith("\uFEFF"u8))
            bytes = bytes[3..];
        if (JsonCheck.MayHoldBrokenCharacters(bytes.Span))
            JsonCheck.Run(bytes.Span, where, kind);
        return bytes;
    }

    private static T Parse<T>(ReadOnlyMemory<byte> bytes, string where, JsonKind kind, Func<T> parse)
    {
        try
        {
            return parse();
        }
        catch (JsonException e)
        {
            // The parser reports no path, and for a duplicate key not even the line.
            JsonCheck.Run(bytes.Span, where, kind);
            throw kind.Error($"it is not valid JSON: {JsonCheck.Reason(e)}", where, e);
        }
    }

    // The serializer's messages mention .NET types and members, so they are reworded.
    private static string Reason(JsonException e, Type record, JsonSerializerOptions options)
    {
        if (e.Message.Contains("doesn't allow null values", StringComparison.Ordinal))
            return $"{e.Path} is null";
        if (MissingKeys().Match(e.Message) is { Success: true } missing)
            return $"{(e.Path is null or "$" ? "it" : e.Path)} lacks the keys {missing.Groups["keys"].Value}";
        var isOfWrongKind = e.Message.StartsWith("The JSON value could not be converted", StringComparison.Ordinal);
        return isOfWrongKind && TypeAt(record, e.Path ?? "$", options) is { } type
            ? $"{e.Path ?? "$"} is not {Wanted(type, options)}" : JsonCheck.Reason(e);
    }

    // The serializer's own message often names the record around the value instead.
    private static Type? TypeAt(Type record, string path, JsonSerializerOptions options)
    {
        Type? type = record;
        foreach (var part in PathPart().EnumerateMatches(path))
        {
            var step = path.AsSpan(part.Index, part.Length);
            var (info, key) = (options.GetTypeInfo(type), step[0] == '.' ? step[1..].ToString() : null);
            type = key is null ? info.ElementType : info.Properties.FirstOrDefault(p => p.Name == key)?.PropertyType;
            if (type is null)
                return null;
        }

        return Nullable.GetUnderlyingType(type) ?? type;
    }

    private static string Wanted(Type type, JsonSerializerOptions options) =>
        type == typeof(int) || type == typeof(long) ? "a whole number in range"
        : type == typeof(double) ? "a number"
        : type == typeof(string) ? "a text"
        : type == typeof(bool) ? "true or false"
        : options.GetTypeInfo(type).ElementType is not null ? "a list" : "an object";

    [GeneratedRegex("missing required properties including: (?<keys>.*?)\\.?( Path:|$)")]
    private static partial Regex MissingKeys();

    [GeneratedRegex(@"\.[^.\[]+|\[\d+\]")]
    private static partial Regex PathPart();
}
