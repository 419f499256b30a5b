// The sequences of the memorization goldens.
using Llm360.Notebooks.Corpora;

namespace Llm360.Notebooks.Tests.Memorization;

internal static class ReferenceRows
{
    /// <summary>The 200 of tests/fixtures/memorization, 64 tokens each.</summary>
    public static IReadOnlyList<TokenRow> All { get; } = [.. ChunkReader.Read(Fixtures.Path("memorization", "rows.jsonl"))];
}
