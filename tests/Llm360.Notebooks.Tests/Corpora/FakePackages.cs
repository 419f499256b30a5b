// Generated NuGet packages in a folder with the layout of the package cache.
using System.Security;
using System.Text;

namespace Llm360.Notebooks.Tests;

/// <summary>A package folder with XML documentation of known texts, and recipes that use
/// it.</summary>
internal sealed class FakePackages : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public IReadOnlyList<string> Roots => [_folder["packages"]];

    public TemporaryFolder Folder => _folder;

    /// <summary>Writes a package with one file and returns its pinned entry.</summary>
    public CorpusPackage Add(string id, IEnumerable<string> texts)
    {
        var xml = new StringBuilder("<?xml version=\"1.0\"?>\n<doc><members>\n");
        var member = 0;
        foreach (var text in texts)
            xml.Append("<member name=\"M:A.B")
                .Append(member++)
                .Append("\"><summary>")
                .Append(SecurityElement.Escape(text))
                .Append("</summary></member>\n");
        AtomicFile.WriteText(
            _folder["packages", id.ToLowerInvariant(), "1.0.0", "lib", "a.xml"],
            xml.Append("</members></doc>\n").ToString());
        var package = new CorpusPackage(id, "1.0.0", "MIT", ["lib/*.xml"]);
        return package with { Sha256 = CorpusPackages.Hash(package, Roots) };
    }

    /// <summary>Distinct texts, except that every tenth equals its predecessor.</summary>
    public static IEnumerable<string> Texts(string word, int count) =>
        Enumerable.Range(0, count)
            .Select(i => i % 10 == 9 ? i - 1 : i)
            .Select(i => $"The {word} number {i} of the collection returns the value {i * 7919 % 10007}.");

    /// <summary>A small recipe based on pico, with the given sources.</summary>
    public static SuiteRecipe Manifest(params CorpusSource[] sources)
    {
        var pico = Notebooks.Suites.Recipe("pico");
        return pico with
        {
            Name = "fake",
            Expected = null,
            Corpus = pico.Corpus with
            {
                Sources = sources,
                SequenceLength = 33,
                Chunks = 4,
                SequencesPerChunk = 16,
                ValidationSequences = 10,
                Canaries = new CanaryRecipe(12, [1, 4], [1, 3], 7, 2),
            },
        };
    }

    public void Dispose() => _folder.Dispose();
}
