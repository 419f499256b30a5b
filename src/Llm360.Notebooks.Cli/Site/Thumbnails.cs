// Thumbnails of figures: shapes and colours are kept, text and most points are removed.
using System.Globalization;
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.Cli.Site;

/// <summary>Reduces Plotly JSON to a thumbnail.</summary>
internal static class Thumbnails
{
    private const int MaximumTraces = 24;
    private const int MaximumPoints = 120;

    private static readonly string[] TraceKeys =
    [
        "type", "mode", "line", "marker", "fill", "fillcolor", "opacity", "coloraxis", "xaxis", "yaxis", "offsetgroup", "xgap", "ygap",
    ];

    private static readonly string[] AxisKeys =
    [
        "type", "range", "domain", "anchor", "autorange", "scaleanchor", "constrain", "constraintoward", "zeroline", "zerolinecolor",
        "linecolor", "showline",
    ];

    public static JsonObject Of(JsonObject figure)
    {
        var traces = (figure["data"] as JsonArray ?? []).OfType<JsonObject>().ToList();
        var every = Math.Max(1, (traces.Count + MaximumTraces - 1) / MaximumTraces);
        var layout = new JsonObject
        {
            ["paper_bgcolor"] = "rgba(0,0,0,0)",
            ["plot_bgcolor"] = "rgba(0,0,0,0)",
            ["showlegend"] = false,
            ["autosize"] = true,
            ["bargap"] = 0.15,
            ["margin"] = new JsonObject { ["l"] = 6, ["r"] = 6, ["t"] = 6, ["b"] = 6 },
        };
        foreach (var (key, value) in figure["layout"] as JsonObject ?? [])
        {
            if (value is not JsonObject part)
                continue;
            if (key.StartsWith("xaxis", StringComparison.Ordinal) || key.StartsWith("yaxis", StringComparison.Ordinal))
                layout[key] = Axis(part);
            if (key.StartsWith("coloraxis", StringComparison.Ordinal))
            {
                layout[key] = new JsonObject
                {
                    ["colorscale"] = part["colorscale"]?.DeepClone(),
                    ["cmin"] = part["cmin"]?.DeepClone(),
                    ["cmax"] = part["cmax"]?.DeepClone(),
                    ["showscale"] = false,
                };
            }
        }

        return new JsonObject { ["data"] = new JsonArray([.. traces.Where((_, i) => i % every == 0).Select(Trace)]), ["layout"] = layout };
    }

    private static JsonObject Axis(JsonObject axis)
    {
        var result = Keep(axis, AxisKeys);
        result["showticklabels"] = false;
        result["showgrid"] = false;
        result["ticks"] = "";
        return result;
    }

    private static JsonObject Trace(JsonObject trace)
    {
        var result = Keep(trace, TraceKeys);
        // A filled outline must stay closed, so all its points are kept. Few outlines have many
        // points.
        var every = trace["fill"] is null ? Math.Max(1, ((trace["x"] as JsonArray)?.Count ?? 0) / MaximumPoints) : 1;
        foreach (var key in new[] { "x", "y", "z" })
        {
            if (trace[key] is JsonArray values)
                result[key] = new JsonArray([.. values.Where((_, i) => key == "z" || i % every == 0).Select(Small)]);
        }

        return result;
    }

    /// <summary>Rounds numbers to four digits, more than a thumbnail can show.</summary>
    private static JsonNode? Small(JsonNode? value) => value switch
    {
        JsonArray row => new JsonArray([.. row.Select(Small)]),
        JsonValue number when number.GetValueKind() == System.Text.Json.JsonValueKind.Number =>
            JsonValue.Create(FourDigits(number.GetValue<double>())),
        _ => value?.DeepClone(),
    };

    private static double FourDigits(double value) =>
        double.Parse(value.ToString("G4", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private static JsonObject Keep(JsonObject source, string[] keys)
    {
        var result = new JsonObject();
        foreach (var key in keys)
        {
            if (source[key] is { } value)
                result[key] = value.DeepClone();
        }

        return result;
    }
}
