// A value in a JSON document with its position: reads typed values and makes error messages.
using System.Text.Json;

namespace Llm360.Notebooks;

/// <summary>A value of a document from <see cref="JsonInput"/>.</summary>
/// <param name="Value">The value.</param>
/// <param name="Path">Its position in the document, such as <c>$.model.vocab</c>.</param>
/// <param name="File">The file.</param>
/// <param name="Kind">The kind of document.</param>
internal readonly record struct JsonPlace(JsonElement Value, string Path, string File, JsonKind Kind)
{
    /// <summary>The whole document.</summary>
    public static JsonPlace Root(JsonDocument document, string file, JsonKind kind) => new(document.RootElement, "$", file, kind);

    /// <summary>Whether it is null.</summary>
    public bool IsNull => Value.ValueKind == JsonValueKind.Null;

    /// <summary>The value of a key.</summary>
    /// <exception cref="Llm360Exception">This is not an object, or has no such key.</exception>
    public JsonPlace this[string key] => Find(key) ?? throw Error($"{Path} has no key \"{key}\"");

    /// <summary>The value of a key; null if there is none.</summary>
    /// <exception cref="Llm360Exception">This is not an object.</exception>
    public JsonPlace? Find(string key) =>
        Require(JsonValueKind.Object, "an object").Value.TryGetProperty(key, out var value) ? At(value, $"{Path}.{key}") : null;

    /// <summary>The items of a list.</summary>
    /// <exception cref="Llm360Exception">This is not a list.</exception>
    public IEnumerable<JsonPlace> Items()
    {
        var self = Require(JsonValueKind.Array, "a list");
        return self.Value.EnumerateArray().Select((item, i) => self.At(item, $"{self.Path}[{i}]"));
    }

    /// <summary>The keys and values of an object.</summary>
    /// <exception cref="Llm360Exception">This is not an object.</exception>
    public IEnumerable<(string Key, JsonPlace Value)> Members()
    {
        var self = Require(JsonValueKind.Object, "an object");
        return self.Value.EnumerateObject().Select(p => (p.Name, self.At(p.Value, $"{self.Path}.{p.Name}")));
    }

    /// <summary>The text.</summary>
    /// <exception cref="Llm360Exception">This is not a text.</exception>
    public string Text() => Require(JsonValueKind.String, "a text").Value.GetString()!;

    /// <summary>The number as a whole number.</summary>
    /// <exception cref="Llm360Exception">
    /// This is not a number, or it has a fraction or is out of range.
    /// </exception>
    public int Int32() =>
        Require(JsonValueKind.Number, "a number").Value.TryGetInt32(out var number) ? number : throw NotWhole();

    /// <summary>The number as a whole number.</summary>
    /// <exception cref="Llm360Exception">
    /// This is not a number, or it has a fraction or is out of range.
    /// </exception>
    public long Int64() =>
        Require(JsonValueKind.Number, "a number").Value.TryGetInt64(out var number) ? number : throw NotWhole();

    /// <summary>An error at this position.</summary>
    public Llm360Exception Error(string how) => Kind.Error(how, $"{File}, {Path}");

    private JsonPlace At(JsonElement value, string path) => this with { Value = value, Path = path };

    private JsonPlace Require(JsonValueKind kind, string name) => Value.ValueKind == kind ? this : throw Not(name);

    private Llm360Exception NotWhole() => Not("a whole number in range");

    private Llm360Exception Not(string wanted) =>
        Error($"{Path} is not {wanted} but {Printable.Value(Value.GetRawText())}");
}
