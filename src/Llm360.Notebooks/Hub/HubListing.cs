// The JSON of a listing, as the Hub sends it.

namespace Llm360.Notebooks;

/// <summary>Reads pages of <c>/api/models/REPOSITORY/tree/COMMIT</c>.</summary>
internal static class HubListing
{
    /// <summary>The files of a page; folders are left out.</summary>
    /// <exception cref="Llm360Exception">The page is not a listing.</exception>
    public static IReadOnlyList<HubEntry> Read(byte[] page, HubLocation about, HubHttp http)
    {
        var kind = http.Answer(about);
        using var json = JsonInput.Document(page, "answer", kind);
        return [.. JsonPlace.Root(json, "answer", kind).Items().Where(e => e["type"].Text() == "file").Select(Entry)];
    }

    private static HubEntry Entry(JsonPlace json)
    {
        var (size, blob) = (json["size"].Int64(), json["oid"].Text());
        var sha256 = json.Find("lfs") is { IsNull: false } lfs ? lfs["oid"].Text() : null;
        var xet = json.Find("xetHash") is { IsNull: false } hash ? hash.Text() : null;
        return new HubEntry(json["path"].Text(), size, sha256 ?? blob)
        {
            Details = new TreeEntryJson(size, blob, sha256, sha256 is null ? null : size, xet),
        };
    }
}
