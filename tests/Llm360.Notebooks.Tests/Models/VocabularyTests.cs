// A token beyond the model's vocabulary is refused wherever rows are read for a model.
using TorchSharp;

namespace Llm360.Notebooks.Tests;

public sealed class VocabularyTests(PicoSuite pico)
{
    private const int Vocabulary = 2048;
    private static readonly int[] Good = [1, 2, 3, Vocabulary - 1];

    [Theory]
    [InlineData(Vocabulary)]
    [InlineData(int.MaxValue)]
    [InlineData(-1)]
    public void Every_pass_refuses_it_and_names_the_row_and_the_token(int bad)
    {
        using var model = LanguageModel.Load(pico.Suite.Checkpoints[^1].Folder, Device.Cpu);
        int[] row = [1, 2, 3, bad];
        int[][] rows = [Good, row];
        var one = new GenerationOptions { MaxNewTokens = 1 };
        AssertNamed("row 1, token 3", () => model.Score(rows));
        AssertNamed("row 1, token 3", () => model.Generate(rows, one));
        AssertNamed("text, token 3", () => model.Perplexity(row));
        AssertNamed("row 1, token 3", () => model.Forward(torch.tensor(rows.SelectMany(r => r).Select(t => (long)t).ToArray(), [2, 4])));
        // Only the first two tokens are scored.
        TokenRow[] scored = [new(Good, "", []), new(row, "", [])];
        AssertNamed("row 1, token 3", () => MemorizationScorer.Score(model, scored, new MemorizationSettings(1, 1)));
        AssertNamed("row 1, token 3", () => MemorizationScorer.FirstMismatches(model, scored, 1, 1));
        AssertNamed("row 1, token 3", () => MemorizationScorer.ContinuationScores(model, scored, 1, 1));
        AssertNamed("row 1, token 3", () => MemorizationScorer.Disagreements(model, scored, new MemorizationSettings(1, 1)));
        AssertNamed("rows.jsonl, row 1, token 3", () => TokenRows.CheckVocabulary(model.Config, rows, "rows.jsonl"));
        TokenRows.CheckVocabulary(model.Config, [Good, []]);

        void AssertNamed(string place, Action pass)
        {
            var error = Assert.Throws<Llm360Exception>(pass);
            Assert.Equal($"Token {bad} is not in the model's vocabulary of 2048.", error.What);
            Assert.StartsWith(place, error.Where, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_grid_names_the_chunk_and_the_row()
    {
        using var folder = new TemporaryFolder();
        var suite = SuiteCopy.Of(pico.Suite, folder["pico"]);
        var lines = File.ReadAllLines(suite.Chunks[1].Path);
        lines[5] = lines[5].Replace("],\"source\"", ",2048],\"source\"", StringComparison.Ordinal);
        File.WriteAllLines(suite.Chunks[1].Path, lines);
        var analysis = suite.Memorization(new(4, 4));
        try
        {
            var options = new GridOptions { Device = Device.Cpu };
            var error = await Assert.ThrowsAsync<Llm360Exception>(
                () => analysis.ScoreAsync([suite.Checkpoints[^1]], [suite.Chunks[1]], options));
            Assert.StartsWith($"{suite.Chunks[1].Path}, row 5, token 65", error.Where, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(analysis.Store.Folder, recursive: true);
        }
    }

    [Fact]
    public async Task Exposure_names_the_list_of_canaries()
    {
        using var folder = new TemporaryFolder();
        var suite = SuiteCopy.Of(pico.Suite, folder["pico"]);
        var path = Path.Combine(suite.Folder, SuiteLayout.Canaries);
        File.WriteAllText(path, File.ReadAllText(path).Replace("]}\n]", ",2048]}\n]", StringComparison.Ordinal));
        var error = await Assert.ThrowsAsync<Llm360Exception>(() => suite.ExposureAsync(alternatives: 3, run: Device.Cpu));
        Assert.StartsWith(path, error.Where, StringComparison.Ordinal);
    }
}
