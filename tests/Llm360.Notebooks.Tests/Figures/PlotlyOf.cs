// Access to the Plotly JSON of a figure, for assertions.
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.Tests;

internal sealed class PlotlyOf
{
    public PlotlyOf(Figure figure)
    {
        Json = JsonNode.Parse(figure.ToPlotlyJson())!.AsObject();
        Traces = [.. Json["data"]!.AsArray().Select(t => t!.AsObject())];
        Layout = Json["layout"]!.AsObject();
    }

    public JsonObject Json { get; }

    public List<JsonObject> Traces { get; }

    public JsonObject Layout { get; }

    /// <summary>The trace of a series, not those of its interval, raw values or mark.</summary>
    public JsonObject Series(string name) =>
        Traces.Single(t => t["name"]!.GetValue<string>() == name && Role(t) is not ("interval" or "raw" or "mark"));

    public static string Role(JsonObject trace) => trace["meta"]!["role"]!.GetValue<string>();

    public static Figure OnePanel(params Trace[] traces) => Of(new Panel("", new Axis("x"), new Axis("y"), traces));

    public static Figure Of(params Panel[] panels) => new("Title", "Subtitle", "Alt", panels, "Finding.");
}
