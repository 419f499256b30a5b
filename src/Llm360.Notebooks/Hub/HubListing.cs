// The JSON of a listing, as the Hub sends it.
using System.Text.Json;
using Llm360.Notebooks.Suites;

namespace Llm360.Notebooks.Hub;

/// <summary>Reads pages of <c>/api/models/REPOSITORY/tree/COMMIT</c>.</summary>
internal static class HubListing
{
    /// <summary>The files of a page; folders are left out.</summary>
    /// <exception cref="Llm360Exception">It is no listing.</exception>
    public static IReadOnlyList<HubEntry> Read(byte[] page, HubLocation about, HubHttp http)
    {
        try
        {
            using var json = JsonDocument.Parse(page);
            return [.. json.RootElement.EnumerateArray().Where(e => e.GetProperty("type").GetString() == "file").Select(Entry)];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw http.NotUnderstood(about, e.Message.Split(". ")[0].TrimEnd('.'), e);
        }
    }

    private static HubEntry Entry(JsonElement json)
    {
        var (size, blob) = (json.GetProperty("size").GetInt64(), Text(json, "oid"));
        var sha256 = json.TryGetProperty("lfs", out var lfs) && lfs.ValueKind == JsonValueKind.Object ? Text(lfs, "oid") : null;
        return new HubEntry(Text(json, "path"), size, sha256 ?? blob)
        {
            Details = new TreeEntryJson(size, blob, sha256, sha256 is null ? null : size, json.TryGetProperty("xetHash", out var xet) ? xet.GetString() : null),
        };
    }

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString() ?? throw new FormatException($"\"{name}\" is null");
}
