// One file of a revision on the Hub.
namespace Llm360.Notebooks;

/// <summary>A file of a revision.</summary>
/// <param name="Path">In the repository, with <c>/</c>.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Etag">Names the content: SHA-256 of large files, git's SHA-1 of others.</param>
internal sealed record HubEntry(string Path, long Size, string Etag)
{
    internal TreeEntryJson Details { get; init; } = new(Size, Etag);
}
