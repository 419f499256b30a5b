// The index of a suite gives the answers of the methods and resumes where it was stopped.

namespace Llm360.Notebooks.Tests;

public sealed class AttributionIndexTests(PicoSuite pico) : IDisposable
{
    private readonly TemporaryFolder results = new();

    private Suite Suite => pico.Suite;

    public void Dispose() => results.Dispose();

    [Theory]
    [InlineData(AttributionMethod.LoGra)]
    [InlineData(AttributionMethod.LoGraDot)]
    [InlineData(AttributionMethod.Trak)]
    [InlineData(AttributionMethod.TracIn)]
    [InlineData(AttributionMethod.TracInHead)]
    [InlineData(AttributionMethod.Less)]
    [InlineData(AttributionMethod.EkFac)]
    [InlineData(AttributionMethod.RowLoss)]
    [InlineData(AttributionMethod.CommonRun)]
    public async Task Answers_are_the_scores_of_the_method_on_all_rows(AttributionMethod method)
    {
        var settings = new AttributionSettings { ProjectedSize = 4, SequencesPerChunk = 6, FactorRows = null };
        List<Checkpoint> checkpoints = [.. Suite.Checkpoints.Where(c => c.OptimizerPath is not null)];
        var analysis = new AttributionAnalysis(Suite, method, settings, results.Path);
        var index = await analysis.IndexAsync(checkpoints, Suite.Chunks.Take(3).ToList());
        int[][] queries = [index.Rows[3].TokenIds[..20], index.Rows[^1].TokenIds];
        var answers = await index.QueryAsync(queries);
        var source = new AttributionSource(Suite, settings);
        var problem = new AttributionProblem(
            [.. checkpoints.Select((c, i) => new TracedCheckpoint(() => source.Pass(c, LanguageModel.Load(c.Folder, Device.Cpu), i)))],
            index.Rows.ToBatch(r => r.ToString()), new RowBatch(queries, _ => "query"));
        var expected = AttributionMethods.Create(method, settings).Score(problem);
        for (var q = 0; q < queries.Length; q++)
        {
            double[] wanted = [.. Enumerable.Range(0, index.Rows.Count).Select(i => expected[q, i])];
            var scale = wanted.Max(Math.Abs);
            Assert.All(wanted.Zip(answers[q].Scores), p => Assert.InRange(p.Second - p.First, -1e-5 * scale, 1e-5 * scale));
            Assert.Equal(wanted.Max(), answers[q].Top(1)[0].Score, 1e-5 * scale);
        }

        // A second query recomputes nothing, and every bit is equal.
        var again = await (await new AttributionAnalysis(Suite, method, settings, results.Path).IndexAsync(
            checkpoints, Suite.Chunks.Take(3).ToList())).QueryAsync(queries);
        Assert.Equal(answers[0].Scores, again[0].Scores);
    }

    [Fact]
    public async Task Self_influence_of_an_index_is_the_score_of_each_row_for_itself()
    {
        foreach (var method in new[] { AttributionMethod.LoGra, AttributionMethod.Trak, AttributionMethod.TracIn, AttributionMethod.EkFac })
        {
            var settings = new AttributionSettings { ProjectedSize = 4, SequencesPerChunk = 4, FactorRows = 12 };
            var index = await new AttributionAnalysis(Suite, method, settings, results.Path).IndexAsync(
                Suite.Checkpoints.Evenly(2), [Suite.Chunks[0]]);
            var self = await index.SelfInfluenceAsync();
            var answers = await index.QueryAsync([.. index.Rows.Take(3).Select(r => r.TokenIds)]);
            for (var i = 0; i < 3; i++)
                Assert.Equal(answers[i].Scores[i], self[i], 1e-4 * Math.Abs(self[i]));
        }
    }

    [Theory]
    [InlineData(AttributionMethod.LoGra)]
    [InlineData(AttributionMethod.EkFac)]
    [InlineData(AttributionMethod.TracInLinear)]
    [InlineData(AttributionMethod.TracInHead)]
    [InlineData(AttributionMethod.Trak)]
    public async Task Parts_of_tokens_add_up_to_the_score(AttributionMethod method)
    {
        var settings = new AttributionSettings { ProjectedSize = 4, SequencesPerChunk = 4, FactorRows = 12 };
        var index = await new AttributionAnalysis(Suite, method, settings, results.Path).IndexAsync(
            [Suite.Checkpoints[^1]], [Suite.Chunks[1]]);
        var answer = (await index.QueryAsync([index.Rows[0].TokenIds[..30]]))[0];
        foreach (var (row, score) in index.Rows.Zip(answer.Scores).Take(3))
        {
            var influence = await answer.PerTokenAsync(row);
            Assert.Equal(row.TokenIds.Length, influence.Values.Count);
            Assert.Equal(score, influence.Values.Sum(), 1e-4 * influence.Values.Sum(Math.Abs));
            Assert.Equal(0, influence.Values[^1], 1e-9); // The last token predicts nothing.
        }
    }

    [Fact]
    public async Task An_index_stopped_at_ten_moments_or_filled_in_shards_has_the_same_bits()
    {
        var settings = new AttributionSettings { ProjectedSize = 5 };
        await new AttributionAnalysis(Suite, AttributionMethod.LoGra, settings, results["whole"]).IndexAsync(Suite.Checkpoints);
        var stops = 0;
        for (var moment = 1; ; moment++)
        {
            using var stop = new CancellationTokenSource();
            var seen = 0;
            var watch = new Immediate(p =>
            {
                if (p.Unit == "cells" && ++seen == moment)
                    stop.Cancel();
            });
            try
            {
                await new AttributionAnalysis(Suite, AttributionMethod.LoGra, settings, results["stopped"])
                    .IndexAsync(Suite.Checkpoints, options: new() { Progress = watch, Cancellation = stop.Token });
                break;
            }
            catch (OperationCanceledException)
            {
                stops++;
            }
        }

        Assert.InRange(stops, 4, 20);
        for (var shard = 0; shard < 3; shard++)
        {
            await new AttributionAnalysis(Suite, AttributionMethod.LoGra, settings, results["shards"])
                .FillAsync(Suite.Checkpoints, Suite.Chunks, new GridOptions { Shard = GridShard.Parse($"{shard}/3") });
        }

        var whole = Cells(results["whole"]);
        Assert.Equal(Suite.Checkpoints.Count * Suite.Chunks.Count, whole.Count);
        Assert.Equal(whole, Cells(results["stopped"]));
        Assert.Equal(whole, Cells(results["shards"]));

        static SortedDictionary<string, string> Cells(string folder) =>
            new(SuiteFolder.Contents(folder).Where(f => f.Key.EndsWith(".safetensors", StringComparison.Ordinal)).ToDictionary(),
                StringComparer.Ordinal);
    }

    [Fact]
    public async Task A_result_ranks_shows_and_controls()
    {
        var settings = new AttributionSettings { ProjectedSize = 6 };
        var logra = await new AttributionAnalysis(Suite, AttributionMethod.LoGra, settings, results.Path).IndexAsync(
            [Suite.Checkpoints[2], Suite.Checkpoints[^1]]);
        var runs = await new AttributionAnalysis(Suite, AttributionMethod.CommonRun, settings, results.Path).IndexAsync(
            [Suite.Checkpoints[^1]]);
        Assert.Equal($"{logra.Rows.Count:N0} rows x 2 checkpoints x 504 floats = 0.5 MB", logra.Size.ToString());
        var row = logra.Rows.First(r => r.Canary is not null && r.CanaryRepetitions == 8);
        var answer = await logra.Beside(runs).QueryAsync(row);
        Assert.Equal(1, answer.RankOf(answer.Top(1).Rows[0]));
        Assert.Equal(logra.Rows.Count, answer.ToDataFrame().Rows.Count);
        Assert.Equal(answer.Scores.Order().Reverse(), answer.ToScores().Select(s => s.Score));
        Assert.True(answer.Recall(8, r => r.Canary == row.Canary) > 0.5);
        // The first checkpoint had seen two of four chunks.
        var control = Assert.Single(answer.Controls);
        Assert.Equal((Suite.Checkpoints[2], 64, 64), (control.Checkpoint, control.Seen, control.Unseen + control.NearDuplicates));
        Assert.InRange(control.Auc, control.Low, control.High);
        var html = answer.Top(3).ToHtml();
        Assert.Contains("<mark", html, StringComparison.Ordinal);
        Assert.Contains("rank by bm25", html, StringComparison.Ordinal);
        Assert.Contains("rank by common_run", html, StringComparison.Ordinal);
        Assert.Contains("AUC of seen above unseen rows", answer.Top(3).ToString(), StringComparison.Ordinal);
        Assert.Contains("influence", html, StringComparison.Ordinal);
        var text = await logra.QueryAsync("Gets or sets the scheduler");
        Assert.Equal("Gets or sets the scheduler", text.QueryText);
    }
}
