// A place in a JSON file: reads typed values there and words the errors.
using System.Text.Json;

namespace Llm360.Notebooks;

/// <summary>A place in a tokenizer's JSON file.</summary>
/// <param name="File">The file.</param>
/// <param name="Path">The place, as a JSON path.</param>
internal readonly record struct JsonPart(string File, string Path)
{
    public const string FetchAgain = "Fetch the file again.";

    public static JsonPart operator /(JsonPart part, string key) => part with { Path = $"{part.Path}.{key}" };

    public static JsonPart operator /(JsonPart part, int index) => part with { Path = $"{part.Path}[{index}]" };

    public Llm360Exception Malformed(string what) =>
        new($"The tokenizer is malformed: it {Printable.Of(what)}.", $"{File}, {Printable.Of(Path)}", FetchAgain);

    public Llm360Exception Unsupported(string key, string value) => new(
        $"The tokenizer's {key} = {Printable.Value(value)} is not supported.", $"{File}, {(this / key).Path}",
        "This version reads GPT-NeoX style byte-level BPE: NFC or no normalisation, GPT-2's words, no special tokens put around a text.");

    public void Require(bool holds, string otherwise)
    {
        if (!holds)
            throw Malformed(otherwise);
    }

    /// <summary>The object at a key.</summary>
    public JsonElement Object(JsonElement parent, string key) => Value(parent, key, JsonValueKind.Object, "object");

    /// <summary>The array at a key.</summary>
    public JsonElement Array(JsonElement parent, string key) => Value(parent, key, JsonValueKind.Array, "array");

    /// <summary>The string at a key.</summary>
    public string Text(JsonElement parent, string key) => Value(parent, key, JsonValueKind.String, "string").GetString()!;

    /// <summary>The number at a key, not negative.</summary>
    public int Integer(JsonElement parent, string key) =>
        Value(parent, key, JsonValueKind.Number, "number").TryGetInt32(out var value) && value >= 0 ? value
        : throw Malformed($"has no whole number {key}");

    /// <summary>The truth value at a key.</summary>
    /// <param name="parent">The object.</param>
    /// <param name="key">The key.</param>
    /// <param name="standard">The value if the key is missing; null if it is required.</param>
    public bool Boolean(JsonElement parent, string key, bool? standard) =>
        parent.ValueKind != JsonValueKind.Object || !parent.TryGetProperty(key, out var value)
            ? standard ?? throw Malformed($"has no {key}")
            : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean()
            : throw Malformed($"has {key} = {value.GetRawText()}");

    private JsonElement Value(JsonElement parent, string key, JsonValueKind kind, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(key, out var value) && value.ValueKind == kind
            ? value
            : throw Malformed($"has no {name} {key}");
}
