// The part of config.json that changes what a model computes, as a hash.
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Llm360.Notebooks;

/// <summary>Tells whether two <c>config.json</c> files describe the same computation.</summary>
internal static class ConfigIdentity
{
    /// <summary>
    /// SHA-256 over the keys and values in ordinal order, without layout, <c>null</c> values and
    /// keys that do not change the forward pass. A default that is written out counts as a
    /// difference.
    /// </summary>
    /// <exception cref="Llm360Exception">The file is missing or is no JSON object.</exception>
    public static string Of(string path) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Canonical(new ConfigReader(path).ForwardPass()).ToJsonString())));

    private static JsonNode Canonical(JsonNode node) => node switch
    {
        JsonObject json => new JsonObject(json.Where(p => p.Value is not null).OrderBy(p => p.Key, StringComparer.Ordinal)
            .Select(p => KeyValuePair.Create(p.Key, (JsonNode?)Canonical(p.Value!)))),
        JsonArray list => new JsonArray([.. list.Select(item => item is null ? null : Canonical(item))]),
        _ => node.DeepClone(),
    };
}
