// A pickled object in the form of nested.json; see the README of tests/fixtures/weights.
using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.Tests;

internal static class PythonJson
{
    private const long ExactInDouble = 1L << 53;

    public static JsonNode? Of(object? value) => value switch
    {
        null => null,
        bool truth => truth,
        string text => text,
        long n when Math.Abs((decimal)n) <= ExactInDouble => n,
        long n => Typed("int", n.ToString(CultureInfo.InvariantCulture)),
        BigInteger n => Typed("int", n.ToString(CultureInfo.InvariantCulture)),
        double x when double.IsFinite(x) => x,
        double x => Typed("float", double.IsNaN(x) ? "NaN" : x > 0 ? "Infinity" : "-Infinity"),
        byte[] bytes => new JsonObject { ["$type"] = "bytes", ["base64"] = Convert.ToBase64String(bytes) },
        TensorEntry tensor => new JsonObject { ["$type"] = "tensor", ["name"] = tensor.Name },
        PythonTuple tuple => new JsonObject { ["$type"] = "tuple", ["items"] = Array(tuple.Items) },
        List<object?> list => Array(list),
        TorchSize size => Typed("torch.Size", Array([.. size.Dimensions])),
        TorchDevice device => Typed("torch.device", device.Index is { } index ? $"{device.Type}:{index}" : device.Type),
        PythonName name => Typed("torch.dtype", name.Name),
        PythonDictionary { IsOrdered: false } dictionary when dictionary.Items.All(i => i.Key is string) =>
            new JsonObject(dictionary.Items.Select(i => KeyValuePair.Create((string)i.Key!, Of(i.Value)))),
        PythonDictionary dictionary => new JsonObject
        {
            ["$type"] = dictionary.IsOrdered ? "OrderedDict" : "dict",
            ["items"] = new JsonArray([.. dictionary.Items.Select(i => new JsonArray(Of(i.Key), Of(i.Value)))]),
        },
        _ => throw new InvalidOperationException(value.GetType().Name),
    };

    /// <summary>Whether two documents are equal: members in order, and floats (numbers with a point
    /// or an exponent) equal to the bit. An integer never equals a float.</summary>
    public static bool Same(JsonNode? a, JsonNode? b) => (a, b) switch
    {
        (null, null) => true,
        (JsonArray x, JsonArray y) => x.Count == y.Count && x.Zip(y).All(p => Same(p.First, p.Second)),
        (JsonObject x, JsonObject y) =>
            x.Count == y.Count && x.Zip(y).All(p => p.First.Key == p.Second.Key && Same(p.First.Value, p.Second.Value)),
        (JsonValue x, JsonValue y) when IsFloat(x) && IsFloat(y) =>
            BitConverter.DoubleToInt64Bits((double)x) == BitConverter.DoubleToInt64Bits((double)y),
        (JsonValue x, JsonValue y) => IsFloat(x) == IsFloat(y) && JsonNode.DeepEquals(x, y),
        _ => false,
    };

    private static bool IsFloat(JsonValue value) =>
        value.GetValueKind() == JsonValueKind.Number && (value.TryGetValue<JsonElement>(out var element)
            ? element.GetRawText().AsSpan().ContainsAny('.', 'e')
            : value.TryGetValue<double>(out _) && !value.TryGetValue<long>(out _));

    private static JsonObject Typed(string type, JsonNode value) => new() { ["$type"] = type, ["value"] = value };

    private static JsonArray Array(IReadOnlyList<object?> items) => new([.. items.Select(Of)]);
}
