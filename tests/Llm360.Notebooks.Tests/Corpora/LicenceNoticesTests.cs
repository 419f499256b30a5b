// Splitting a file of third-party notices into licences.
using System.Text;

namespace Llm360.Notebooks.Tests;

public sealed class LicenceNoticesTests
{
    private static readonly string Long = string.Join(' ', Enumerable.Repeat("permission is hereby granted", 10));

    [Fact]
    public void A_heading_begins_a_licence_and_stays_with_it()
    {
        var read = Read($"Preface {Long}\n\nLicense notice for A\n--------\n\n{Long}\n\nLicense notice for B\n--------\n{Long}\n");
        Assert.Equal([$"Preface {Long}", $"License notice for A {Long}", $"License notice for B {Long}"], read);
    }

    [Theory]
    [InlineData("-----")]
    [InlineData("_____")]
    [InlineData("#########")]
    [InlineData("====")]
    public void A_line_of_marks_separates_and_is_left_out(string marks) =>
        Assert.Equal([$"A {Long}", $"B {Long}"], Read($"A {Long}\n{marks}\nB {Long}"));

    [Fact]
    public void A_short_title_between_two_lines_of_marks_belongs_to_what_follows() =>
        Assert.Equal(
            [Long, $"ANGLE https://example.org/angle {Long}"],
            Read($"{Long}\n########\n# ANGLE\n# https://example.org/angle\n########\n{Long}"));

    [Fact]
    public void Marks_of_comments_are_left_out_and_white_space_is_folded() =>
        Assert.Equal([$"one two three {Long}"], Read($"// one\n//   two\n * three\n/* {Long}\n */"));

    [Fact]
    public void Three_marks_do_not_separate() => Assert.Equal([$"{Long} --- {Long}"], Read($"{Long}\n---\n{Long}"));

    [Fact]
    public void A_file_that_is_not_UTF8_is_refused_with_its_name()
    {
        var error = Assert.Throws<Llm360Exception>(() => LicenceNotices.Read(new MemoryStream([0x41, 0xff, 0xfe]), "NOTICE.txt"));
        Assert.Contains("NOTICE.txt", error.Message, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Read(string text) =>
        LicenceNotices.Read(new MemoryStream(Encoding.UTF8.GetBytes(text)), "NOTICE.txt").Select(l => l.Text);
}
