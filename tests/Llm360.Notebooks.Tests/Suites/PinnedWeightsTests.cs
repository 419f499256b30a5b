// Training gives the weights pinned in the manifest; LLM360_PIN=1 pins them again.

namespace Llm360.Notebooks.Tests;

public sealed class PinnedWeightsTests(PicoSuite pico)
{
    [Fact]
    public void Pico_is_bit_for_bit_what_its_manifest_names()
    {
        var path = Fixtures.Manifest("suites", "pico.json");
        if (Environment.GetEnvironmentVariable("LLM360_PIN") == "1")
            ManifestFile.Write(path, ManifestFile.Read(path) with { Weights = PinnedWeights.Of(pico.Suite) });
        Assert.Equal(ManifestFile.ReadRecipe(path).Weights, PinnedWeights.Of(pico.Suite));
    }

    [Fact]
    public void A_difference_names_the_first_checkpoint_and_the_machine()
    {
        var weights = PinnedWeights.Of(pico.Suite).ToArray();
        weights[2] = weights[3] = new string('0', 64);
        var compared = Compare(weights)!;
        Assert.Equal((3, 5, "ckpt_002"), (compared.Equal, compared.Checkpoints, compared.FirstDifferent));
        Assert.StartsWith(
            "3 of 5 checkpoints are bit for bit those of the manifest; ckpt_002 is the first that differs (",
            compared.ToString(),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Without_pinned_weights_nothing_is_compared() => Assert.Null(Compare(null));

    private PinnedWeights? Compare(string[]? pinned)
    {
        using var folder = new TemporaryFolder();
        SuiteFolder.CopyTo(pico.Suite.Folder, folder["pico"]);
        ManifestFile.Write(folder["pico", SuiteLayout.Manifest], (pico.Suite.RequireRecipe() with { Weights = pinned }).ToManifest());
        return PinnedWeights.Compare(Suite.OpenFolder(folder["pico"]));
    }
}
