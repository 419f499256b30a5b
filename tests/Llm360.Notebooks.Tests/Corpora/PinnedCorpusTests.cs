// Manifests state the measured counts of their corpora; LLM360_PIN=1 measures and writes them.

namespace Llm360.Notebooks.Tests;

public class PinnedCorpusTests
{
    [Theory]
    [InlineData("nano")]
    [InlineData("pico")]
    public void Measuring_gives_what_the_manifest_expects(string name)
    {
        var path = Fixtures.Manifest("suites", name + ".json");
        var pinned = CorpusBuilder.Pin(ManifestFile.ReadRecipe(path)).ToManifest();
        if (Environment.GetEnvironmentVariable("LLM360_PIN") == "1")
            ManifestFile.Write(path, pinned);
        Assert.Equal(ManifestFile.ToJson(pinned), ManifestFile.ToJson(ManifestFile.Read(path)));
    }

    [Fact]
    public void Two_builds_of_pico_are_equal_byte_for_byte()
    {
        using var folder = new TemporaryFolder();
        var manifest = Notebooks.Suites.Recipe("pico");
        var counts = CorpusBuilder.Build(manifest, folder["a"]);
        CorpusBuilder.Build(manifest, folder["b"]);
        Assert.Equal(manifest.Expected!.Sha256, counts.Sha256);
        var files = Directory.EnumerateFiles(folder["a"], "*", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(folder["a"], f))
            .ToList();
        Assert.Equal(4 + 3, files.Count);
        Assert.All(files, f => Assert.Equal(File.ReadAllBytes(folder["a", f]), File.ReadAllBytes(folder["b", f])));
    }
}
