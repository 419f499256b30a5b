// Lines of C# source have at most 140 columns, comment lines at most 100.
namespace Llm360.Notebooks.Tests.Documents;

public sealed class LinesTests
{
    private const int CodeColumns = 140, CommentColumns = 100;

    private static readonly string Root = Workspace.Repository!;

    [Fact]
    public void No_line_is_too_long()
    {
        var tooLong = new[] { "src", "tests" }.SelectMany(SourceFiles).SelectMany(TooLong).ToList();
        Assert.True(tooLong.Count == 0, $"{tooLong.Count} lines are too long:\n{string.Join('\n', tooLong)}");
    }

    [Theory]
    [InlineData("//", 100, false)]
    [InlineData("//", 101, true)]
    [InlineData("    /// <summary>", 101, true)]
    [InlineData("    // https://example.org/", 101, false)]
    [InlineData("    var x = 1; // A comment after code.", 101, false)]
    [InlineData("var x = 1;", 140, false)]
    [InlineData("var x = 1;", 141, true)]
    [InlineData("var x = \"https://example.org/\";", 141, false)]
    public void Code_and_comments_have_their_own_limits(string start, int length, bool expected) =>
        Assert.Equal(expected, IsTooLong(start.PadRight(length, 'x')));

    // A line with a URL may be longer, because a URL cannot be broken.
    private static bool IsTooLong(string line)
    {
        var limit = line.TrimStart().StartsWith("//", StringComparison.Ordinal) ? CommentColumns : CodeColumns;
        return line.Length > limit && !line.Contains("https://", StringComparison.Ordinal);
    }

    private static IEnumerable<string> TooLong(string file) => File.ReadLines(file).Index()
        .Where(line => IsTooLong(line.Item))
        .Select(line => $"{Path.GetRelativePath(Root, file).Replace('\\', '/')}:{line.Index + 1}");

    private static IEnumerable<string> SourceFiles(string folder) =>
        Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
            .Where(file => !Path.GetRelativePath(Root, file).Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"))
            .Order(StringComparer.Ordinal);
}
