// Detection of documents that are near copies.
namespace Llm360.Notebooks.Tests;

public sealed class RepeatedTextTests
{
    private static readonly string Licence = string.Join(' ', Enumerable.Range(0, 40).Select(i => $"word{i}"));

    [Fact]
    public void An_exact_copy_and_one_with_another_owner_are_near_copies() =>
        Assert.Equal([1, 2], Copies(Licence, Licence, $"Copyright 2021 Another Owner {Licence}"));

    [Fact]
    public void The_first_of_its_kind_is_none() => Assert.Empty(Copies(Licence, "something else altogether that has eight words or more"));

    [Fact]
    public void Half_of_the_runs_is_enough_and_less_is_not()
    {
        // 33 runs of the licence, and 33 or 34 new runs.
        var same = string.Join(' ', Enumerable.Range(100, 33).Select(i => $"word{i}"));
        Assert.Equal([1], Copies(Licence, $"{Licence} {same}"));
        Assert.Empty(Copies(Licence, $"{Licence} {same} more"));
    }

    [Fact]
    public void A_short_document_is_one_run() => Assert.Equal([1], Copies("too short", "too short", "too shorter"));

    private static IEnumerable<int> Copies(params string[] texts) =>
        RepeatedText.NearCopies(texts.Select((t, i) => new CorpusDocument(i, "s", "p", "", t))).Order();
}
