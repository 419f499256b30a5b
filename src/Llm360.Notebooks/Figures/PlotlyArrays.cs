// Plotly JSON with binary numbers, which plotly.js reads since version 2.28.
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Llm360.Notebooks;

/// <summary>
/// Replaces lists of numbers by <c>dtype</c>, <c>bdata</c> (Base64) and, for matrices,
/// <c>shape</c>. A number takes about five characters instead of ten to twenty, because Jupyter
/// writes each element of a list on a separate line.
/// </summary>
internal static class PlotlyArrays
{
    /// <summary>Shorter lists are not packed.</summary>
    private const int Shortest = 6;

    private static readonly string[] Keys = ["x", "y", "z", "customdata", "array", "arrayminus"];

    /// <summary>
    /// Packs the traces of a figure. Values are already rounded to seven significant digits, so a
    /// float is sufficient.
    /// </summary>
    public static string Pack(string plotlyJson)
    {
        // Through bytes: half a surrogate pair is not valid JSON and becomes a replacement
        // character.
        var figure = JsonNode.Parse(Encoding.UTF8.GetBytes(plotlyJson))!.AsObject();
        foreach (var trace in Traces(figure))
        {
            foreach (var (holder, key) in Lists(trace))
            {
                if (holder[key] is JsonArray list && Pack(list) is { } packed)
                    holder[key] = packed;
            }
        }

        PlotlyAxes.Share(figure);
        return figure.ToJsonString();
    }

    /// <summary>
    /// Undoes <see cref="Pack(string)"/> in place; lists that are not packed are not changed.
    /// </summary>
    public static void Unpack(JsonObject figure)
    {
        foreach (var trace in Traces(figure))
        {
            foreach (var (holder, key) in Lists(trace))
            {
                if (holder[key] is JsonObject packed && List(packed) is { } list)
                    holder[key] = list;
            }
        }

        PlotlyAxes.Unshare(figure);
    }

    private static IEnumerable<JsonObject> Traces(JsonObject figure) => (figure["data"] as JsonArray ?? []).OfType<JsonObject>();

    private static IEnumerable<(JsonObject Holder, string Key)> Lists(JsonObject trace) =>
        from holder in new[] { trace, trace["error_y"] as JsonObject }
        where holder is not null
        from key in Keys
        where holder[key] is not null
        select (holder, key);

    private static JsonObject? Pack(JsonArray list)
    {
        var columns = (list.FirstOrDefault() as JsonArray)?.Count;
        var values = new List<double>();
        foreach (var item in list)
        {
            if (columns is null ? !Add(item) : item is not JsonArray row || row.Count != columns || !row.All(Add))
                return null;
        }

        if (values.Count < Shortest)
            return null;
        var (type, bytes) = Bytes(values);
        var packed = new JsonObject { ["dtype"] = type, ["bdata"] = Convert.ToBase64String(bytes) };
        if (columns is not null)
            packed["shape"] = FormattableString.Invariant($"{list.Count}, {columns}");
        return packed;

        bool Add(JsonNode? node)
        {
            var number = node is null || node.GetValueKind() == JsonValueKind.Number;
            if (number)
                values.Add(node?.GetValue<double>() ?? double.NaN);
            return number;
        }
    }

    // plotly.js reads the bytes in the order of the machine. All machines on which it runs are
    // little-endian.
    private static (string Type, byte[] Bytes) Bytes(List<double> values)
    {
        if (values.TrueForAll(v => v == Math.Floor(v) && Math.Abs(v) <= int.MaxValue))
        {
            if (values.TrueForAll(v => Math.Abs(v) <= sbyte.MaxValue))
                return ("i1", Raw(values.ConvertAll(v => (sbyte)v)));
            return values.TrueForAll(v => Math.Abs(v) <= short.MaxValue)
                ? ("i2", Raw(values.ConvertAll(v => (short)v)))
                : ("i4", Raw(values.ConvertAll(v => (int)v)));
        }

        return values.TrueForAll(v => !double.IsFinite(v) || Math.Abs(v) is 0 or (> 1e-30 and < 1e30))
            ? ("f4", Raw(values.ConvertAll(v => (float)v))) : ("f8", Raw(values));

        static byte[] Raw<T>(List<T> list) where T : struct => MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(list)).ToArray();
    }

    private static JsonArray? List(JsonObject packed)
    {
        if (packed["dtype"] is not JsonValue type || packed["bdata"] is not JsonValue data)
            return null;
        byte[] bytes;
        try
        {
            bytes = Convert.FromBase64String(data.ToString());
        }
        catch (FormatException)
        {
            return null;
        }

        List<JsonNode?>? values = type.ToString() switch
        {
            "i1" => [.. MemoryMarshal.Cast<byte, sbyte>(bytes).ToArray().Select(v => (JsonNode?)(double)v)],
            "i2" => [.. MemoryMarshal.Cast<byte, short>(bytes).ToArray().Select(v => (JsonNode?)(double)v)],
            "i4" => [.. MemoryMarshal.Cast<byte, int>(bytes).ToArray().Select(v => (JsonNode?)(double)v)],
            // Seven digits of a float, without the additional digits of its binary form.
            "f4" => [.. MemoryMarshal.Cast<byte, float>(bytes).ToArray().Select(Number)],
            "f8" => [.. MemoryMarshal.Cast<byte, double>(bytes).ToArray().Select(v => double.IsFinite(v) ? (JsonNode?)v : null)],
            _ => null,
        };
        if (values is null)
            return null;
        if (packed["shape"] is not JsonValue shape)
            return new JsonArray([.. values]);
        var columns = int.TryParse(shape.ToString().Split(',')[^1], out var n) && n > 0 ? n : 1;
        return new JsonArray([.. values.Chunk(columns).Select(row => (JsonNode)new JsonArray(row))]);

        static JsonNode? Number(float value) => float.IsFinite(value)
            ? double.Parse(value.ToString("G7", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture) : null;
    }
}
