// The pages in docs/api are up to date with the source.
namespace Llm360.Notebooks.Tests.Documents;

public sealed class ApiPagesTests
{
    private static readonly string Folder = Path.Combine(Workspace.Repository!, "docs", "api");

    [Fact]
    public void The_pages_are_those_of_the_source()
    {
        var pages = ApiPages.Create();
        if (Environment.GetEnvironmentVariable("LLM360_PIN") == "1")
            Write(pages);
        var names = Directory.EnumerateFiles(Folder).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal);
        var same = names.SequenceEqual(pages.Keys) && pages.All(p => File.ReadAllText(Path.Combine(Folder, p.Key)) == p.Value);
        Assert.True(same, "The documentation in the source has changed. Run this test with LLM360_PIN=1, which writes docs/api again.");
    }

    [Fact]
    public void A_member_has_its_signature_its_summary_and_its_parameters()
    {
        var page = ApiPages.Create()["Suites.md"];
        Assert.Contains("## Suites\n\n*Static class.* ", page, StringComparison.Ordinal);
        Assert.Contains("- `static Suite Open(string nameOrPath)` Opens a suite: ", page, StringComparison.Ordinal);
        var analyses = ApiPages.Create()["Memorization.md"];
        Assert.Contains("GridOptions? options = null)` Scores each chunk", analyses.Replace("\n  ", " ", StringComparison.Ordinal),
            StringComparison.Ordinal);
        Assert.All(analyses.Split('\n'), line => Assert.InRange(line.Length, 0, 140));
        Assert.Contains("\n  - `analysis`: Suite and setting.\n", analyses, StringComparison.Ordinal);
        // A record's parameters are listed once, with the type.
        Assert.Contains("\n- `Checkpoint`: The checkpoint.\n", analyses, StringComparison.Ordinal);
    }

    private static void Write(SortedDictionary<string, string> pages)
    {
        Directory.CreateDirectory(Folder);
        foreach (var stale in Directory.EnumerateFiles(Folder).Where(f => !pages.ContainsKey(Path.GetFileName(f))).ToList())
            File.Delete(stale);
        foreach (var (name, text) in pages)
            File.WriteAllText(Path.Combine(Folder, name), text);
    }
}
