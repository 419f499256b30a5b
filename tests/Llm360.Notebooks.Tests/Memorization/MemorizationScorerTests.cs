// Scoring beyond the reference's cases: many rows, interruptions, refused input.
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.Tests;

public sealed class MemorizationScorerTests
{
    // A restart as after running out of memory, while a segment of draft tokens is in progress.
    [Theory]
    [InlineData(RowTask.Continuation)]
    [InlineData(RowTask.FirstMismatch)]
    [InlineData(RowTask.TokenScores)]
    internal void A_restarted_row_begins_with_its_first_piece(RowTask task)
    {
        var row = new ScoredRow(0, [1, 2, 3, 4, 5, 6, 7, 8], 2, task);
        row.Accept([3, .. task == RowTask.TokenScores ? [4, 5, 6, 7, 8] : Array.Empty<int>()]);
        if (task != RowTask.TokenScores)
        {
            row.Next(0);
            row.Accept([4]);
            Assert.Equal(2, row.Next(0).OutputCount);
        }

        row.Restart();
        var fresh = new ScoredRow(0, row.Tokens, 2, task);
        var (first, expected) = (row.First(0), fresh.First(0));
        Assert.Equal(expected.Tokens, first.Tokens);
        Assert.Equal(expected.OutputCount, first.OutputCount);
        int[] chosen = [.. Enumerable.Repeat(3, task == RowTask.TokenScores ? 6 : 1)];
        Assert.Equal(fresh.Accept(chosen), row.Accept(chosen));
        Assert.Equal(fresh.Greedy, row.Greedy);
        Assert.Equal(fresh.FirstMismatch, row.FirstMismatch);
    }

    [Fact]
    public void A_cell_that_is_stopped_stops_scoring()
    {
        using var model = LlamaModel.Load(Fixtures.Path("memorization", "ckpt_000"), Device.Cpu);
        var rows = ReferenceRows.All;
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        using var work = AmbientWork.Begin(null, stop.Token);
        Assert.Throws<OperationCanceledException>(() => MemorizationScorer.FirstMismatches(model, rows));
        Assert.Throws<OperationCanceledException>(() => MemorizationScorer.Score(model, rows));
        Assert.Throws<OperationCanceledException>(() => MemorizationScorer.ContinuationScores(model, rows));
    }

    [Fact]
    public void Dynamic_rotary_scaling_is_refused_beyond_the_trained_length()
    {
        using var folder = new TemporaryFolder();
        var json = Fixtures.Json("memorization", "ckpt_000", "config.json");
        json["rope_scaling"] = new JsonObject { ["type"] = "dynamic", ["factor"] = 2.0 };
        json["max_position_embeddings"] = 40;
        File.WriteAllText(folder["config.json"], json.ToJsonString());
        var files = Directory.EnumerateFiles(Fixtures.Path("memorization", "ckpt_000"));
        foreach (var file in files.Where(f => Path.GetFileName(f) != "config.json"))
            File.Copy(file, folder[Path.GetFileName(file)]);
        using var model = LanguageModel.Load(folder[""], Device.Cpu);
        Assert.Contains("k + l = 64", Assert.Throws<Llm360Exception>(() => MemorizationScorer.Score(model, ReferenceRows.All)).What,
            StringComparison.Ordinal);
        Assert.Equal(200, MemorizationScorer.FirstMismatches(model, ReferenceRows.All, 20, 20).Count);
    }

    [Fact]
    public void More_rows_than_fit_at_once_and_token_metrics_change_no_continuation()
    {
        using var model = LlamaModel.Load(Fixtures.Path("memorization", "ckpt_001"), Device.Cpu);
        var alone = MemorizationScorer.Score(model, ReferenceRows.All);
        List<TokenRow> many = [.. Enumerable.Repeat(ReferenceRows.All, 3).SelectMany(r => r)];
        foreach (var settings in new[] { new MemorizationSettings(), new MemorizationSettings(TokenMetrics: true) })
        {
            var scores = MemorizationScorer.Score(model, many, settings);
            Assert.Equal(Enumerable.Repeat(alone, 3).SelectMany(r => r).Select(r => r.Matches), scores.Select(r => r.Matches));
            Assert.Equal(Enumerable.Range(0, many.Count), scores.Select(r => r.Row));
        }

        Assert.Equal(
            Enumerable.Repeat(alone, 3).SelectMany(r => r).Select(r => r.FirstMismatch),
            MemorizationScorer.FirstMismatches(model, many));
        Assert.Empty(MemorizationScorer.Score(model, []));
    }

    [Fact]
    public void A_row_too_short_is_one_clear_error()
    {
        using var model = LlamaModel.Load(Fixtures.Path("memorization", "ckpt_000"), Device.Cpu);
        var error =
            Assert.Throws<Llm360Exception>(() => MemorizationScorer.Score(model, ReferenceRows.All, new MemorizationSettings(40, 32)));
        Assert.Equal("row 0", error.Where);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Nothing_is_scored_by_logits_of_which_one_is_not_a_number(float value)
    {
        using var model = FixtureModels.WithHead(w =>
        {
            w[100, 3] = value; // Infinity gives logits of both infinities, by the sign of the hidden state.
            return w;
        });
        List<TokenRow> rows =
            [.. Enumerable.Range(0, 3).Select(i => new TokenRow([.. Enumerable.Range(i, 12).Select(t => t * 31 % 128)], "", []))];
        Assert.StartsWith("row ",
            Assert.Throws<Llm360Exception>(() => MemorizationScorer.Score(model, rows, new MemorizationSettings(4, 8))).Where,
            StringComparison.Ordinal);
        Assert.Throws<Llm360Exception>(() => MemorizationScorer.Score(model, rows, new MemorizationSettings(4, 8, TokenMetrics: true)));
        Assert.Throws<Llm360Exception>(() => MemorizationScorer.FirstMismatches(model, rows, 4, 8));
    }
}
