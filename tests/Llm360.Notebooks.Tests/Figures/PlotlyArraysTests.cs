// Arrays of numbers in binary form are smaller and keep their values.
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.Tests;

public sealed class PlotlyArraysTests
{
    public static TheoryData<string> Kinds => [.. SvgTests.Samples.Keys];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Packed_figures_are_the_same_when_they_are_read_back(string kind)
    {
        var json = SvgTests.Samples[kind].ToPlotlyJson();
        var packed = JsonNode.Parse(PlotlyArrays.Pack(json))!.AsObject();
        PlotlyArrays.Unpack(packed);
        Assert.True(JsonNode.DeepEquals(Plain(JsonNode.Parse(System.Text.Encoding.UTF8.GetBytes(json))), Plain(packed)),
            packed.ToJsonString());
    }

    [Fact]
    public void Numbers_take_less_room_and_gaps_stay()
    {
        double[] y = [.. Enumerable.Range(0, 300).Select(i => i == 7 ? double.NaN : Math.Sin(i) / 3)];
        var json = PlotlyOf.OnePanel(new Trace("a", TraceKind.Line, [.. y.Select((_, i) => i * 16320.0)], y)).ToPlotlyJson();
        var packed = PlotlyArrays.Pack(json);
        var trace = JsonNode.Parse(packed)!["data"]![0]!;
        Assert.Equal(("i4", "f4"), (trace["x"]!["dtype"]!.ToString(), trace["y"]!["dtype"]!.ToString()));
        Assert.InRange(JsonNode.Parse(packed)!["data"]!.ToJsonString().Length, 1,
            JsonNode.Parse(json)!["data"]!.ToJsonString().Length * 0.75);
        var read = JsonNode.Parse(packed)!.AsObject();
        PlotlyArrays.Unpack(read);
        Assert.Null(read["data"]![0]!["y"]![7]);
        Assert.Equal(4879680, read["data"]![0]!["x"]![299]!.GetValue<double>());
    }

    [Fact]
    public void Damaged_numbers_are_left_as_they_are()
    {
        var figure =
            JsonNode.Parse("""{"data": [{"x": {"dtype": "f4", "bdata": "?"}, "y": {"dtype": "c8", "bdata": ""}, "z": {}}]}""")!.AsObject();
        var before = figure.ToJsonString();
        PlotlyArrays.Unpack(figure);
        Assert.Equal(before, figure.ToJsonString());
    }

    // Normalises numbers, so that 1.0 equals 1.
    private static JsonNode? Plain(JsonNode? node) => node switch
    {
        JsonArray list => new JsonArray([.. list.Select(Plain)]),
        JsonObject json => new JsonObject(json.Select(p => KeyValuePair.Create(p.Key, Plain(p.Value)))),
        JsonValue value when value.GetValueKind() == System.Text.Json.JsonValueKind.Number =>
            JsonValue.Create(double.Parse(value.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture)),
        _ => node?.DeepClone(),
    };
}
