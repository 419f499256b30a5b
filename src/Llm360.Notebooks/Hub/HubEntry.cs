// One file of a revision on the Hub.
namespace Llm360.Notebooks;

/// <summary>A file of a revision.</summary>
/// <param name="Path">Path in the repository, with <c>/</c>.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Etag">Identifies the content: SHA-256 for large files, git's SHA-1 for
/// others.</param>
internal sealed record HubEntry(string Path, long Size, string Etag)
{
    internal TreeEntryJson Details { get; init; } = new(Size, Etag);
}
