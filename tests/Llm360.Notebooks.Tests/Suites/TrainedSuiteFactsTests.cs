// A suite trained here states the facts in its training log and files for its checkpoints.
namespace Llm360.Notebooks.Tests;

public sealed class TrainedSuiteFactsTests(PicoSuite pico)
{
    [Fact]
    public async Task Checkpoints_know_tokens_learning_rate_phase_and_optimizer()
    {
        var suite = pico.Suite;
        var steps = await suite.MetricsAsync();
        var perChunk = steps.Count / suite.Chunks.Count;
        var phase = Assert.Single(suite.Phases);
        Assert.Equal((steps.Count, suite.Chunks.Count), (phase.Steps, phase.Chunks));
        Assert.Equal(steps[^1].Tokens, suite.TrainedTokens);
        foreach (var checkpoint in suite.Checkpoints)
        {
            var done = checkpoint.RequireIndex() * perChunk;
            Assert.Equal(done == 0 ? 0 : steps[done - 1].Tokens, checkpoint.TokensSeen);
            Assert.Equal("training", checkpoint.Phase);
            if (done < steps.Count)
                Assert.Equal(steps[done].LearningRate, checkpoint.LearningRate!.Value, 1e-9);
            Assert.Equal(File.Exists(Path.Combine(checkpoint.Folder, SuiteLayout.Optimizer)), checkpoint.OptimizerPath is not null);
            Assert.Equal((double)checkpoint.RequireChunksSeen() / suite.Chunks.Count, suite.Progress(checkpoint));
        }

        Assert.Contains(suite.Checkpoints, c => c.OptimizerPath is not null);
    }

    [Fact]
    public void Licences_are_those_of_the_packages()
    {
        var packages = pico.Suite.Recipe!.Corpus.Sources.SelectMany(s => s.Packages).ToList();
        Assert.Equal(packages.Select(p => p.License), pico.Suite.Licences.Select(l => l.Name));
        Assert.All(pico.Suite.Licences, l => Assert.True(l.Verified));
    }

    [Fact]
    public void The_copy_in_the_suites_folder_has_the_recipe_alone() =>
        Assert.Equal(
            ManifestFile.ToJson((pico.Suite.Recipe! with { Expected = pico.Suite.Manifest.Expected }).ToManifest()) + "\n",
            File.ReadAllText(Path.Combine(pico.Suite.Folder, SuiteLayout.Manifest)));
}
