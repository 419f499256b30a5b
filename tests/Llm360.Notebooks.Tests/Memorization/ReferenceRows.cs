// The rows of the memorization goldens.

namespace Llm360.Notebooks.Tests;

internal static class ReferenceRows
{
    /// <summary>The 200 rows of tests/fixtures/memorization, 64 tokens each.</summary>
    public static IReadOnlyList<TokenRow> All { get; } = [.. ChunkReader.Read(Fixtures.Path("memorization", "rows.jsonl"))];
}
