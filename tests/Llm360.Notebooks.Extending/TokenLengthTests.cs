// The analysis of this project runs, is stored, goes on and reads back like those of the library.
using Xunit;

namespace Llm360.Notebooks.Extending;

public sealed class TokenLengthTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("llm360-extending-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task The_mean_length_of_tokens_of_each_chunk()
    {
        var manifest = Suites.Recipe("pico");
        var trainer = new SuiteTrainer(manifest, Path.Combine(folder, "pico"));
        var suite = await trainer.TrainAsync(new(Cancellation: TestContext.Current.CancellationToken));
        var results = Path.Combine(folder, "results");
        var run = await suite.TokenLengthAsync(new TokenLengthSettings(Sequences: 8), results);
        Assert.Equal((suite.Chunks.Count, 0), (run.Fill.Computed, run.Fill.FromStore));
        Assert.Equal(suite.Chunks.Select(c => $"chunk={c.Index}"), run.Cells.Select(c => c.Item.Partition));
        Assert.All(run.Cells, c => Assert.Equal(8 * manifest.Corpus.SequenceLength, Assert.Single(c.Content).Tokens));
        // A token of English and code has some letters, and rarely more than ten.
        Assert.All(run.Cells, c => Assert.InRange(c.Content[0].MeanLength, 1, 10));

        var again = await suite.TokenLengthAsync(new TokenLengthSettings(Sequences: 8), results);
        Assert.Equal((0, suite.Chunks.Count), (again.Fill.Computed, again.Fill.FromStore));
        Assert.Equal(run.Cells.Select(c => c.Content[0].MeanLength), again.Cells.Select(c => c.Content[0].MeanLength));
        var all = await suite.TokenLengthAsync(new TokenLengthSettings(), results);
        Assert.Equal(suite.Chunks.Count, all.Fill.Computed);
        Assert.All(all.Cells, c => Assert.Equal(manifest.Corpus.SequencesPerChunk * manifest.Corpus.SequenceLength, c.Content[0].Tokens));
    }
}
