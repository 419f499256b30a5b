// Stores of test analyses with rows of the memorization analysis.

namespace Llm360.Notebooks.Tests;

internal static class RowStores
{
    public static ResultStore<IReadOnlyList<MemorizationRow>> Open(
        Suite suite,
        string root,
        Func<GridContext, IReadOnlyList<MemorizationRow>>? compute = null,
        string analysis = "test",
        object? settings = null,
        bool usesTokenizer = false,
        int version = 1) =>
        new(suite, new GridAnalysis<IReadOnlyList<MemorizationRow>>(analysis, version, settings ?? new MemorizationSettings(),
            new ParquetCells<MemorizationRow>(), compute ?? (_ => [new MemorizationRow()])) { UsesTokenizer = usesTokenizer }, root);
}
