// Damage to JSON: values of other kinds and sizes, missing or doubled keys, and damaged bytes.
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.Fuzzing;

internal static class JsonDamage
{
    private const string Mark = "a value's place";

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly string[] Values =
    [
        "null", "true", "0", "-1", "1", "2", "7", "0.5", "100000", "1000000000", "1073741824", "2147483647", "2147483648",
        "9223372036854775807", "18446744073709551616", "1e308", "-1e308", "1e99999", "-1e99999", "1e-99999",
        "\"\"", "\"x\"", "\"llama\"", "\"../x\"", "\"{0}\"", "\"{0:D999999999}\"", "\"\\ud800\"", "\"\\udc00x\"",
        "\"\\u0000\\u001b[2J\"", "[]", "{}", "[null]", "[[]]", "[1,\"a\"]", "{\"a\":null}", "{\"a\":1,\"a\":2}", "{\"\\ud800\":1}",
        new string('[', 300), $"\"{new string('x', 5000)}\"",
    ];

    /// <summary>One to three pieces of damage to the document, or damage to its bytes.</summary>
    public static byte[] Apply(byte[] good, Random random, IReadOnlyList<byte[]> all)
    {
        if (random.Next(3) == 0)
            return Mutation.Apply(good, random, all);
        var json = JsonNode.Parse(good, documentOptions: new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip })!;
        var values = new List<string>();
        for (var n = random.Next(1, 4); n > 0; n--)
            Once(json, random, values);
        var text = new StringBuilder(json.ToJsonString(Relaxed));
        foreach (var (i, value) in values.Index())
            text.Replace($"\"{Mark} {i}\"", value);
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    // Replaces or removes a value of a random object or list, or adds one.
    private static void Once(JsonNode json, Random random, List<string> values)
    {
        var holders = Holders(json).ToList();
        var place = JsonValue.Create($"{Mark} {values.Count}");
        values.Add(Values[random.Next(Values.Length)]);
        switch (holders[random.Next(holders.Count)])
        {
            case JsonObject { Count: > 0 } of when random.Next(8) == 0:
                of.RemoveAt(random.Next(of.Count));
                break;
            case JsonObject { Count: > 0 } of when random.Next(8) > 0:
                of.SetAt(random.Next(of.Count), place);
                break;
            case JsonObject of:
                of[$"key{random.Next(100)}"] = place;
                break;
            case JsonArray { Count: > 0 } list when random.Next(4) > 0:
                list[random.Next(list.Count)] = place;
                break;
            case JsonArray list:
                list.Add((JsonNode)place);
                break;
        }
    }

    private static IEnumerable<JsonNode> Holders(JsonNode? node)
    {
        IEnumerable<JsonNode?> below = node switch
        {
            JsonObject of => of.Select(p => p.Value),
            JsonArray list => list,
            _ => [],
        };
        return (node is JsonObject or JsonArray ? [node] : Enumerable.Empty<JsonNode>()).Concat(below.SelectMany(Holders));
    }
}
