// Writes the properties that all axes of a figure share once, instead of for each small multiple.
using System.Text.Json.Nodes;

namespace Llm360.Notebooks;

/// <summary>
/// Moves the properties that all axes share to <c>layout.template</c>, where plotly.js finds them,
/// and back.
/// </summary>
internal static class PlotlyAxes
{
    private static readonly string[] Look =
    [
        "automargin", "gridcolor", "linecolor", "zerolinecolor", "zeroline", "showline", "ticks", "ticklen", "tickcolor", "tickfont",
        "exponentformat", "showgrid",
    ];

    /// <summary>Keeps in each axis only the properties that differ.</summary>
    public static void Share(JsonObject figure)
    {
        if (figure["layout"] is not JsonObject layout || layout["template"] is not null)
            return;
        var shared = new JsonObject();
        foreach (var kind in new[] { "xaxis", "yaxis" })
        {
            var axes = Axes(layout, kind).ToList();
            if (axes.Count < 2)
                continue;
            var common = new JsonObject();
            foreach (var key in Look.Where(k => axes[0][k] is { } first && axes.TrueForAll(a => JsonNode.DeepEquals(a[k], first))))
            {
                common[key] = axes[0][key]!.DeepClone();
                axes.ForEach(a => a.Remove(key));
            }

            shared[kind] = common;
        }

        if (shared.Count > 0)
            layout["template"] = new JsonObject { ["layout"] = shared };
    }

    /// <summary>Undoes <see cref="Share"/>.</summary>
    public static void Unshare(JsonObject figure)
    {
        if (figure["layout"] is not JsonObject layout || layout["template"]?["layout"] is not JsonObject shared)
            return;
        foreach (var (kind, node) in shared)
        {
            foreach (var axis in node is JsonObject ? Axes(layout, kind) : [])
            {
                foreach (var (key, value) in node!.AsObject())
                {
                    if (!axis.ContainsKey(key))
                        axis[key] = value?.DeepClone();
                }
            }
        }

        layout.Remove("template");
    }

    private static List<JsonObject> Axes(JsonObject layout, string kind) =>
        [.. layout.Where(p => p.Key.StartsWith(kind, StringComparison.Ordinal) && p.Value is JsonObject).Select(p => p.Value!.AsObject())];
}
