// The choice of the scored sequences of a chunk, and how figures describe it.

namespace Llm360.Notebooks.Tests;

/// <summary>Tests on pico with three sources, sorted by source as in nano's chunks.</summary>
public sealed class SampledScoresTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly Suite suite;

    public SampledScoresTests(PicoSuite pico)
    {
        SuiteCopy.Of(pico.Suite, folder.Path);
        foreach (var chunk in Directory.EnumerateFiles(folder["train"]))
        {
            var lines = File.ReadAllLines(chunk);
            // The shares of the sources are 1/2, 1/4 and 1/4.
            File.WriteAllLines(chunk, lines.Select((line, i) =>
            {
                var source = i < lines.Length / 2 ? "\"netcore\"" : i < lines.Length * 3 / 4 ? "\"roslyn\"" : "\"aspnet\"";
                return line.Replace("\"notices\"", source, StringComparison.Ordinal)
                    .Replace("\"reactive\"", source, StringComparison.Ordinal);
            }));
        }

        var manifest = folder[SuiteLayout.Manifest];
        File.WriteAllText(manifest,
            File.ReadAllText(manifest).Replace("\"name\": \"pico\"", $"\"name\": \"pico-{Guid.NewGuid():N}\"", StringComparison.Ordinal));
        suite = Suite.OpenFolder(folder.Path);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        var results = Path.Combine(Workspace.ResultsFolder, suite.Name);
        if (Directory.Exists(results))
            Directory.Delete(results, recursive: true);
        folder.Dispose();
    }

    [Fact]
    public async Task The_sequences_of_a_chunk_have_its_mix_of_sources_and_their_own_lines()
    {
        var scores = await ScoreAsync(suite.Memorization(new(8, 8, 8)));
        foreach (var cell in scores.Cells)
        {
            var ordinary = cell.Rows.Where(r => r.CanaryRepetitions is null).ToList();
            Assert.Equal(8, ordinary.Count);
            Assert.Equal(["aspnet", "netcore", "roslyn"], ordinary.Select(r => r.Source).Distinct().Order());
            var lines = ChunkReader.Read(cell.Chunk.Path, cancellation: Stop).ToList();
            Assert.All(cell.Rows, r => Assert.Equal(lines[r.Row].Source, r.Source));
            Assert.Equal(lines.Count(l => l.Canary is not null), cell.Rows.Count(r => r.CanaryRepetitions is not null));
        }
    }

    [Fact]
    public async Task Every_figure_and_table_says_which_sequences_it_is_about()
    {
        var analysis = suite.Memorization(new(8, 8, 8, TokenMetrics: true));
        var scores = await ScoreAsync(analysis);
        var counterfactual = await analysis.CounterfactualAsync(options: new() { Device = Device.Cpu, Cancellation = Stop });
        var duplicates = await scores.DuplicatesAsync(run: new(Cancellation: Stop));
        foreach (var figure in new[]
        {
            Figures.MemorizationHistogram(scores), Figures.MemorizationByChunk(scores), Figures.CheckpointCorrelation(scores),
            Figures.Forecast(scores.Forecast(4, 1)), Figures.ScoreByDuplicates(duplicates),
            Figures.RecallClasses(duplicates.Classify()),
            Figures.MemorizationBySource(scores.BySource()), Figures.SamplesToExtract(scores.Extraction()),
            Figures.LatentMemorization(scores.Latent()), Figures.Counterfactual(counterfactual),
        })
        {
            foreach (var text in new[] { figure.Subtitle, figure.AltText })
                Assert.Contains("8 sequences sampled from each chunk: netcore ", text, StringComparison.Ordinal);
        }

        Assert.Contains("of the sampled sequences are reproduced word for word", Figures.MemorizationHistogram(scores).Title,
            StringComparison.Ordinal);
        Assert.Contains("8 sequences sampled from each chunk: netcore ", Tables.MemorizationSummary(scores).Caption,
            StringComparison.Ordinal);

        var first = await ScoreAsync(suite.Memorization(new(8, 8, 8, Sampling: RowSampling.First)));
        Assert.All(first.Rows.Where(r => r.CanaryRepetitions is null), r => Assert.Equal("netcore", r.Source));
        Assert.Contains("of the first 8 sequences of each chunk are reproduced", Figures.MemorizationHistogram(first).Title,
            StringComparison.Ordinal);
        var subtitle = Figures.MemorizationHistogram(first).Subtitle.Replace('\u00a0', ' ');
        Assert.EndsWith("the first 8 sequences of each chunk: netcore 100%", subtitle, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_choice_has_results_of_its_own()
    {
        MemorizationAnalysis[] choices =
        [
            suite.Memorization(new(8, 8, 8)), suite.Memorization(new(8, 8, 8, Seed: 1)),
            suite.Memorization(new(8, 8, 8, Sampling: RowSampling.First)), suite.Memorization(new(8, 8)),
        ];
        Assert.Equal(4, choices.Select(c => c.Store.Folder).Distinct().Count());
        // Without sampling the seed has no effect.
        Assert.Equal(choices[2].Store.Folder, suite.Memorization(new(8, 8, 8, Sampling: RowSampling.First, Seed: 5)).Store.Folder);
        Assert.Equal(choices[3].Store.Folder, suite.Memorization(new(8, 8, Seed: 5)).Store.Folder);
        // Chunks on the Hub are not read completely, so their first sequences are used.
        var amber = Suites.Open("amber");
        Assert.Equal(RowSampling.First, amber.Memorization(new(8, 8, 8)).Settings.Sampling);
        Assert.Contains("\"sampling\": \"Stratified\"", File.ReadAllText(Path.Combine(choices[0].Store.Folder, "settings.json")),
            StringComparison.Ordinal);
    }

    private Task<MemorizationScores> ScoreAsync(MemorizationAnalysis analysis) =>
        analysis.ScoreAsync(
            [suite.Checkpoints[0], suite.Checkpoints[^2], suite.Checkpoints[^1]],
            options: new() { Device = Device.Cpu, Cancellation = Stop });
}
