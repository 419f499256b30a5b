// Links in the documents lead to existing files, and the index of docs/ lists every page.
using System.Text.RegularExpressions;

namespace Llm360.Notebooks.Tests.Documents;

public sealed partial class DocumentLinkTests
{
    private static readonly string Root = Workspace.Repository!;
    private static readonly string Docs = Path.Combine(Root, "docs");

    [Fact]
    public void Every_link_leads_to_a_file_that_exists()
    {
        var broken = new[] { "README.md", "CONTRIBUTING.md", "data-manifests/README.md" }.Select(f => Path.Combine(Root, f))
            .Concat(Directory.EnumerateFiles(Docs, "*.md", SearchOption.AllDirectories))
            .SelectMany(file => Link().Matches(File.ReadAllText(file)).Select(m => (File: file, Target: m.Groups[1].Value)))
            .Where(l => !l.Target.Contains("://", StringComparison.Ordinal) && !l.Target.StartsWith('#'))
            .Where(l => !Path.Exists(Path.Combine(Path.GetDirectoryName(l.File)!, l.Target.Split('#')[0])))
            .Select(l => $"{Path.GetRelativePath(Root, l.File)}: {l.Target}");
        Assert.Empty(broken);
    }

    [Fact]
    public void The_index_leads_to_every_page()
    {
        var index = File.ReadAllText(Path.Combine(Docs, "README.md"));
        var missing = Directory.EnumerateFiles(Docs, "*.md").Select(f => Path.GetFileName(f))
            .Where(name => name != "README.md" && !index.Contains($"({name})", StringComparison.Ordinal));
        Assert.Empty(missing);
    }

    [Fact]
    public void The_first_page_is_read_in_three_minutes()
    {
        // At 200 words a minute.
        var words = File.ReadAllText(Path.Combine(Root, "README.md")).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        Assert.InRange(words.Length, 200, 600);
    }

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();
}
