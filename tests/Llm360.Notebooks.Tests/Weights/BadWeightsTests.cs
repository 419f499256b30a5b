// Files with one fault each, which must be refused: tests/fixtures/weights/bad/cases.json.

namespace Llm360.Notebooks.Tests;

public sealed class BadWeightsTests
{
    public static TheoryData<string, string, string> Cases =>
        [.. Fixtures.Json("weights", "bad", "cases.json").AsArray()
            .Select(c => ((string)c!["file"]!, (string)c["must"]!, (string)c["kind"]!))];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Ends_as_it_must(string file, string must, string kind)
    {
        var path = Fixtures.Path(["weights", "bad", .. file.Split('/')]);
        var before = GC.GetAllocatedBytesForCurrentThread();
        if (must == "read")
        {
            using var weights = StateDict.Open(path);
            Assert.NotEmpty(weights.Entries);
            return;
        }

        var error = Assert.Throws<WeightsException>(() => StateDict.Open(path).Dispose());
        Assert.Equal(must,
            error.Fault switch { WeightsFault.UnsafeClass => "unsafe-class", WeightsFault.Unsupported => "unsupported", _ => "corrupt" });
        Assert.StartsWith(path, error.Where, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 << 20);
        if (Named(kind) is { } name)
            Assert.Contains(name, error.What, StringComparison.Ordinal);
    }

    // "GLOBAL and REDUCE: os.system" names the text that the message must contain.
    private static string? Named(string kind)
    {
        var last = kind.Split(": ")[^1].Split(' ', ',')[0];
        return kind.Contains(": ", StringComparison.Ordinal) && last.Contains('.', StringComparison.Ordinal) && !last.Any(char.IsDigit)
            ? last
            : null;
    }
}
