// The JSON of llm360 inspect --json.
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.Cli.Commands;

internal static class InspectJson
{
    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string Of(StateDict weights, StateDict? other, IReadOnlyList<InspectedTensor> tensors)
    {
        var json = new JsonObject
        {
            ["path"] = weights.Path,
            ["format"] = weights.Format,
            ["elements"] = tensors.Sum(t => t.Entry.Count),
            ["bytes"] = tensors.Sum(t => t.Entry.Length),
            ["tensors"] = new JsonArray([.. tensors.Select(t => Of(t, other is not null))]),
        };
        if (weights.Metadata.Count > 0)
            json["metadata"] = JsonSerializer.SerializeToNode(weights.Metadata);
        if (other is not null)
            json["onlyInOther"] = JsonSerializer.SerializeToNode(other.Entries.Keys.Where(n => !weights.Entries.ContainsKey(n)));
        return json.ToJsonString(Indented);
    }

    public static string Of(Llm360Exception e)
    {
        var weights = e as WeightsException;
        return new JsonObject
        {
            ["error"] = new JsonObject
            {
                ["category"] = weights?.Fault switch
                {
                    WeightsFault.UnsafeClass => "unsafe-class",
                    WeightsFault.Corrupt => "corrupt",
                    WeightsFault.Unsupported => "unsupported",
                    _ => "not-found",
                },
                ["message"] = e.What,
                ["file"] = weights?.File ?? e.Where,
                ["where"] = e.Where,
                ["remedy"] = e.Remedy,
            },
        }.ToJsonString(Indented);
    }

    private static JsonObject Of(InspectedTensor tensor, bool compared)
    {
        var json = new JsonObject
        {
            ["name"] = tensor.Entry.Name,
            ["dtype"] = tensor.Entry.DType,
            ["shape"] = JsonSerializer.SerializeToNode(tensor.Entry.Shape),
            ["bytes"] = tensor.Entry.Length,
            ["file"] = Path.GetFileName(tensor.Entry.File),
        };
        if (tensor.Hash is { } hash)
            json["sha256"] = hash;
        if (tensor.Statistics is { } s)
        {
            Add(
                json,
                ("mean", Number(s.Mean)),
                ("std", Number(s.Std)),
                ("min", Number(s.Min)),
                ("max", Number(s.Max)),
                ("nonFinite", s.NonFinite));
        }

        if (tensor.Distance is { } d)
        {
            Add(
                json,
                ("distance", Number(d.Distance)),
                ("relative", Number(d.Relative)),
                ("largest", Number(d.Largest)),
                ("cosine", Number(d.Cosine)),
                ("different", d.Different));
        }
        else if (compared)
        {
            json["distance"] = null;
        }

        return json;
    }

    private static void Add(JsonObject json, params (string Name, JsonNode? Value)[] members)
    {
        foreach (var (name, value) in members)
            json[name] = value;
    }

    // JSON has no NaN.
    private static JsonValue? Number(double value) => double.IsFinite(value) ? JsonValue.Create(value) : null;
}
