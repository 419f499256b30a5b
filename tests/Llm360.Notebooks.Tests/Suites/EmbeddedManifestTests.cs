// The embedded manifests: each opens by name, states known facts, and can be overridden.
using System.Security.Cryptography;
using System.Text;

namespace Llm360.Notebooks.Tests;

public sealed class EmbeddedManifestTests
{
    private static readonly string[] Trained = ["nano", "pico"];

    private static readonly string[] Pythias = ["70m", "160m", "410m", "1b", "1.4b", "2.8b", "6.9b", "12b"];

    public static TheoryData<string> Published =>
        [.. new[] { "amber", "crystal", "k2-65b", "pythia-14m", "pythia-31m" }.Concat(
            Pythias.SelectMany(s => new[] { $"pythia-{s}", $"pythia-{s}-deduped" }))];

    [Fact]
    public void The_library_holds_every_manifest_of_the_checkout()
    {
        Assert.Equal([.. Trained.Concat(Published.Select(p => p.Data)).Order(StringComparer.Ordinal)], Notebooks.Suites.Names);
        foreach (var kind in new[] { "suites", "papers" })
        {
            var files = Directory.EnumerateFiles(Fixtures.Manifest(kind), "*.json")
                .ToDictionary(f => $"manifests/{kind}/{Path.GetFileName(f)}", File.ReadAllBytes);
            Assert.NotEmpty(files);
            Assert.All(files, f => Assert.Equal(f.Value, Resource(f.Key)));
        }
    }

    [Theory]
    [MemberData(nameof(Published))]
    public void A_published_suite_opens_by_name_and_each_part_has_a_source(string name)
    {
        var manifest = Notebooks.Suites.Manifest(name);
        var suite = Suite.OnHub(manifest);
        Assert.Equal(name, suite.Name);
        Assert.True(suite.Parameters > 0);
        Assert.NotEmpty(suite.Licences);
        foreach (var key in new[] { "parameters", "checkpoints", "phases" })
            Assert.Contains(manifest.Facts!, f => f.Of.Split('.')[0] == key);
        Assert.All(manifest.Facts!.Where(f => !f.Verified), f => Assert.Contains(f.Of, suite.Description, StringComparison.Ordinal));
        Assert.All(
            manifest.Licences!.Where(l => !l.Verified),
            l => Assert.Contains($"licence of the {l.Of}", suite.Description, StringComparison.Ordinal));
        Assert.Equal(suite.Checkpoints.Count, suite.Checkpoints.Select(c => c.Index).Distinct().Count());
        Assert.All(suite.Checkpoints, c => Assert.InRange(suite.Progress(c), 0, 1));
        Assert.All(suite.Checkpoints.Zip(suite.Checkpoints.Skip(1)), p => Assert.True(suite.Progress(p.First) < suite.Progress(p.Second)));
        Assert.All(suite.Checkpoints, c => Assert.Null(c.OptimizerPath));
    }

    // A trained suite holds a copy of its recipe. A changed identity would cause a new training.
    [Theory]
    [InlineData("nano", "d2cdffc51d2d612330edf0bad42628be4926bc1caff82f3f0467382e02fc847f")]
    [InlineData("pico", "6bb7823e22a47b8738e07e8388505bcb2d9ca3d6f90a8ece0ad4373bb83220af")]
    public void The_identity_of_a_recipe_is_what_it_was(string name, string sha256) =>
        Assert.Equal(sha256,
            Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(ManifestFile.Identity(Notebooks.Suites.Recipe(name))))));

    [Fact]
    public void Amber_knows_the_tokens_and_the_learning_rate_of_each_checkpoint()
    {
        var suite = Notebooks.Suites.Open("amber");
        var first = suite.Checkpoints[0];
        Assert.Equal((762L * 4_587_520, 1, "pretraining"), (first.TokensSeen, first.ChunksSeen, first.Phase));
        Assert.Equal(3e-4 * 762 / 2000, first.LearningRate!.Value, 1e-18);
        var middle = suite.Checkpoint("179");
        Assert.Equal((180, 137_160L * 4_587_520), (middle.ChunksSeen, middle.TokensSeen));
        Assert.Equal(3e-5 + (0.5 * (1 + Math.Cos(Math.PI * (137_160 - 2000) / (274_320 - 2000))) * 2.7e-4), middle.LearningRate!.Value,
            1e-18);
        Assert.Equal((1_258_448_486_400, 3e-5), (suite.Checkpoints[^1].TokensSeen, suite.Checkpoints[^1].LearningRate));
        Assert.Contains("ckpt_356", suite.Description, StringComparison.Ordinal);
    }

    [Fact]
    public void Crystal_counts_tokens_and_indices_through_its_three_phases()
    {
        var suite = Notebooks.Suites.Open("crystal");
        Assert.Equal(["phase1", "phase2", "phase3"], suite.Phases.Select(p => p.Name));
        Assert.Equal((79_721L + 214_387 + 27_728) * 4_325_376, suite.TrainedTokens);
        var second = suite.Checkpoint("CrystalCoder_phase2_checkpoint_018000");
        Assert.Equal((79_721 + 18_000, (79_721L + 18_000) * 4_325_376, "phase2"), (second.Index, second.TokensSeen, second.Phase));
        Assert.Null(second.ChunksSeen);
        var last = suite.Checkpoints[^1];
        Assert.Equal((HubLocation.Main, suite.TrainedTokens, 2e-4), (last.Hub!.Revision, last.TokensSeen, last.LearningRate));
        // The second phase starts at about the learning rate at which the first ended.
        Assert.Equal(suite.Phases[1].LearningRate!.Peak, suite.Phases[0].LearningRate!.At(79_721), 1e-5);
    }

    [Fact]
    public void K2_says_what_is_not_known()
    {
        var suite = Notebooks.Suites.Open("k2-65b");
        Assert.Equal((360, 1_400_000_000_000), (suite.Checkpoints.Count, suite.TrainedTokens));
        Assert.All(suite.Checkpoints, c => Assert.Equal((null, null, null), (c.TokensSeen, c.LearningRate, c.ChunksSeen)));
        Assert.Contains("Not verified: ", suite.Description, StringComparison.Ordinal);
    }

    // The values of megatron/learning_rates.py, computed by hand.
    [Theory]
    [InlineData("step0", 0)]
    [InlineData("step512", 1e-3 * 512 / 1430)]
    [InlineData("step143000", 1e-4)]
    public void Pythia_knows_its_learning_rate(string checkpoint, double expected)
    {
        var at = Notebooks.Suites.Open("pythia-70m").Checkpoint(checkpoint);
        Assert.Equal(expected, at.LearningRate!.Value, 1e-15);
        Assert.Equal(at.Index * 2_097_152L, at.TokensSeen);
    }

    [Fact]
    public void A_cosine_with_a_floor_falls_as_in_GPT_NeoX()
    {
        var schedule = new LearningRateSchedule("cosine-floor", 1e-3, 1e-4, 1430, 143_000);
        Assert.Equal(5e-4 * (1 + Math.Cos(Math.PI * 70_070 / 143_000)), schedule.At(71_500), 1e-18);
        Assert.Equal(1e-4, schedule.At(141_000));
    }

    [Fact]
    public void A_folder_of_ones_own_comes_before_the_library()
    {
        using var own = new TemporaryFolder();
        var amber = File.ReadAllText(Fixtures.Manifest("suites", "amber.json"));
        Directory.CreateDirectory(own["suites"]);
        File.WriteAllText(own["suites", "amber.json"], amber.Replace("\"LLM360/Amber\"", "\"me/Amber\"", StringComparison.Ordinal));
        File.WriteAllText(own["suites", "broken.json"], "{");
        Assert.Equal("me/Amber", Open("amber").Repository);
        Assert.Equal("LLM360/Crystal", Open("crystal").Repository);
        Assert.Null(ManifestDocument.Find(ManifestDocument.Suites, "../suites/amber", [own.Path]));
        Assert.Equal(["broken"], Names(own.Path).Except(Names(own["nothing"])));
        var broken = Notebooks.Suites.Entry("broken", Find("broken"), trained: null);
        Assert.Equal((false, own["suites", "broken.json"]), (broken.CanOpen, broken.Where));

        ManifestDocument Find(string name) => ManifestDocument.Find(ManifestDocument.Suites, name, [own.Path])!;
        Suite Open(string name) => Suite.OnHub(ManifestFile.Read(Find(name)));
        IReadOnlyList<string> Names(string folder) => ManifestDocument.Names(ManifestDocument.Suites, [folder]);
    }

    [Fact]
    public void The_folder_of_what_is_written_comes_first() =>
        Assert.Equal([Path.Combine(Workspace.Artifacts, "manifests"), Fixtures.Manifest()], Workspace.ManifestFolders);

    [Fact]
    public void The_list_names_what_can_be_opened()
    {
        var entries = Notebooks.Suites.List().ToDictionary(e => e.Name);
        Assert.Empty(Notebooks.Suites.Names.Except(entries.Keys));
        Assert.Equal((true, true), (entries["crystal"].IsPublished, entries["crystal"].CanOpen));
        Assert.False(entries["nano"].IsPublished);
    }

    [Fact]
    public void A_checkpoint_alone_has_no_number_and_an_analysis_that_needs_one_says_so()
    {
        using var folder = new TemporaryFolder();
        foreach (var text in new[] { folder.Path, "LLM360/Amber@ckpt_100" })
        {
            var alone = Notebooks.Suites.FindCheckpoint(text);
            Assert.Equal(
                (null, null, null, null, null),
                (alone.Index, alone.ChunksSeen, alone.TokensSeen, alone.LearningRate, alone.Phase));
            var error = Assert.Throws<Llm360Exception>(() => alone.RequireChunksSeen());
            Assert.Contains("which chunks of training data it has seen", error.What, StringComparison.Ordinal);
            Assert.Contains("SUITE/CHECKPOINT", error.Remedy, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Scores_of_a_checkpoint_alone_are_refused_before_anything_is_fetched()
    {
        var amber = Notebooks.Suites.Open("amber");
        var error = await Assert.ThrowsAsync<Llm360Exception>(() =>
            amber.Memorization().ScoreAsync([Notebooks.Suites.FindCheckpoint("LLM360/Amber@ckpt_100")], amber.Chunks.Take(1).ToList()));
        Assert.Contains("does not tell its number in a suite", error.What, StringComparison.Ordinal);
    }

    [Fact]
    public void An_optimizer_file_in_the_suites_folder_is_found()
    {
        using var folder = new TemporaryFolder();
        var manifest = Notebooks.Suites.Manifest("amber");
        var suite = Suite.OnHub(manifest with { Checkpoints = manifest.Checkpoints! with { Optimizer = "adam.safetensors" } }, folder.Path);
        Directory.CreateDirectory(folder["ckpt_007"]);
        File.WriteAllText(folder["ckpt_007", "adam.safetensors"], "");
        Assert.Equal(folder["ckpt_007", "adam.safetensors"], suite.Checkpoint("7").OptimizerPath);
        Assert.Null(suite.Checkpoint("8").OptimizerPath);
    }

    private static byte[] Resource(string name)
    {
        using var stream = typeof(Suite).Assembly.GetManifestResourceStream(name);
        Assert.NotNull(stream);
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }
}
