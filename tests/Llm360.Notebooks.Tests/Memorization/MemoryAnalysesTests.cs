// The memorization analyses on a suite, and their parts against slow references.

namespace Llm360.Notebooks.Tests;

public sealed class MemoryAnalysesTests(PicoSuite pico)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Counts_of_sequences_are_those_of_a_slow_search()
    {
        using var folder = new TemporaryFolder();
        var random = new Random(1);
        // Only three different tokens, so that equal windows often overlap.
        var rows =
            Enumerable.Range(0, 60).Select(_ => Enumerable.Range(0, random.Next(1, 30)).Select(_ => random.Next(3)).ToArray()).ToList();
        var chunks = rows.Chunk(20).Select((part, i) =>
        {
            File.WriteAllLines(folder[$"train_{i:000}.jsonl"], part.Select(r => $"[{string.Join(',', r)}]"));
            return new Chunk($"train_{i:000}", i, folder[$"train_{i:000}.jsonl"]);
        }).ToList();
        foreach (var length in new[] { 1, 2, 5 })
        {
            var sequences = rows.Where(r => r.Length >= length).Select(r => r[..length]).Append([.. Enumerable.Repeat(7, length)]).ToList();
            var slow = sequences.Select(s => rows.Sum(
                r => (long)Enumerable.Range(0, Math.Max(0, r.Length - length + 1)).Count(i => r.AsSpan(i, length).SequenceEqual(s))));
            Assert.Equal(slow, await SequenceCounts.CountAsync(sequences, chunks, run: new(Cancellation: Stop)));
        }

        await Assert.ThrowsAsync<Llm360Exception>(() => SequenceCounts.CountAsync([[1, 2], [1]], chunks, run: new(Cancellation: Stop)));
    }

    [Theory]
    [InlineData(new[] { 5, 5, 5, 5 }, true)]
    [InlineData(new[] { 1, 2, 3, 1, 2, 3, 1 }, true)]
    [InlineData(new[] { 1, 2, 3, 4, 1, 2, 3 }, false)] // the unit is more than half
    [InlineData(new[] { 1, 2, 3, 1, 2, 4 }, false)]
    public void Repeating(int[] tokens, bool expected) => Assert.Equal(expected, Templates.IsRepeating(tokens));

    [Theory]
    [InlineData("1, 2, 3, 4, 5, 6", true)]
    [InlineData("item 10; item 8; item 6; item 4; it", true)]
    [InlineData("98, 99, 100, 101, 102, 10", true)] // the last is cut off
    [InlineData("1, 2, 4, 8, 16, 32, 64", false)]
    [InlineData("1, 1, 1, 1, 1, 1", false)]
    [InlineData("a 1 b 2 c 3 d 4 e 5", false)]
    [InlineData("Returns the value.", false)]
    public void Incrementing(string text, bool expected) => Assert.Equal(expected, Templates.IsIncrementing(text));

    [Fact]
    public void Duplicates_decide_before_templates()
    {
        var tokenizer = pico.Suite.Checkpoints[0].Tokenizer();
        int[] repeated = [.. Enumerable.Repeat(tokenizer.Encode("a")[^1], 8)], plain = [.. tokenizer.Encode("Returns the value.")];
        Assert.Equal(RecallClass.Recite, RecallOfDuplicates.ClassOf(repeated, 6, tokenizer));
        Assert.Equal(RecallClass.Reconstruct, RecallOfDuplicates.ClassOf(repeated, 5, tokenizer));
        Assert.Equal(RecallClass.Recollect, RecallOfDuplicates.ClassOf(plain, 5, tokenizer));
    }

    [Fact]
    public void What_counts_or_repeats_is_passed_over_when_a_text_is_shown()
    {
        var tokenizer = pico.Suite.Checkpoints[^1].Tokenizer();
        int[] plain = [.. Enumerable.Range(300, 8)], repeated = [1, 2, 3, 4, 300, 301, 300, 301];
        Assert.Equal(1, MemorizedText.FirstWithoutTemplate([repeated, plain], 4, tokenizer));
        Assert.Equal(0, MemorizedText.FirstWithoutTemplate([plain, repeated], 4, tokenizer));
        Assert.Equal(0, MemorizedText.FirstWithoutTemplate([repeated, repeated], 4, tokenizer));
    }

    [Theory]
    [InlineData(true, "Random sequences are forgotten: mean score 1 just read, 0 3 to 5 chunks ago")]
    [InlineData(false, "Random sequences are not clearly forgotten")]
    public void Canaries_just_read_are_compared_with_the_oldest(bool forgets, string title)
    {
        var cells = pico.Suite.Checkpoints.SelectMany(c => pico.Suite.Chunks.Select(chunk => Cell(c, chunk))).ToList();
        var run = new GridRun<IReadOnlyList<MemorizationRow>>(cells, new GridFill(cells.Count, 0));
        Assert.Equal(title, Figures.CanariesByRepetition(new MemorizationScores(pico.Suite, new MemorizationSettings(), run)).Title);

        GridCell<IReadOnlyList<MemorizationRow>> Cell(Checkpoint checkpoint, Chunk chunk) => new(
            checkpoint,
            new ChunkItem(chunk),
            [.. Enumerable.Range(0, 40).Select(i => new MemorizationRow
            {
                Checkpoint = checkpoint.RequireIndex(),
                Chunk = chunk.Index,
                Row = i,
                Canary = $"canary-{i}",
                CanaryRepetitions = 1 + (i % 2),
                Score = !forgets || chunk.Index + 1 == checkpoint.ChunksSeen ? 1 : 0,
            })],
            FromStore: true);
    }

    [Fact]
    public async Task Every_analysis_of_a_suite_gives_rows_a_data_frame_and_a_figure()
    {
        var suite = pico.Suite;
        var analysis = suite.Memorization(new(16, 16, 16, TokenMetrics: true));
        try
        {
            var scores = await analysis.ScoreAsync(options: new() { Device = Device.Cpu, Cancellation = Stop });
            var duplicates = await scores.DuplicatesAsync(run: new(Cancellation: Stop));
            CheckCanaries(scores);
            // The counts of canaries are known, because pico's canaries are k + l tokens long.
            Assert.All(
                duplicates.Rows.Where(r => r.CanaryRepetitions is not null),
                r => Assert.Equal((long)r.CanaryRepetitions!.Value, r.Duplicates));
            Assert.All(duplicates.Rows, r => Assert.True(r.Duplicates >= 1));
            var shorter = await scores.DuplicatesAsync(promptLength: 4, continuationLength: 1, run: new(Cancellation: Stop));
            var forecast = scores.Forecast(4, 1);
            Assert.Equal([1, 2, 3], forecast.Rows.Select(r => r.Checkpoint));
            Assert.Equal([16, 32, 48], forecast.Rows.Select(r => r.Sequences));
            Assert.Equal([48, 32, 16], forecast.Unread.Select(r => r.Sequences));
            CheckBaseline(scores, duplicates);
            var middle = await scores.DuplicatesAsync(scores.Checkpoints[2], run: new(Cancellation: Stop));
            Assert.Equal(middle.Checkpoint.Name, middle.Baseline!.Checkpoint);
            Assert.Equal([2, 3], middle.Baseline.Unread.Select(r => r.Chunk).Distinct());
            // No chunk that was read has them, so the sequence itself is the only one counted.
            Assert.Contains(middle.Baseline.Unread, r => r.Duplicates == 1);
            Assert.All(middle.Baseline.Unread, r => Assert.True(r.Duplicates >= 1));
            var last = await analysis.ScoreAsync(
                [suite.Checkpoints[^1]], options: new() { Device = Device.Cpu, Cancellation = Stop });
            var alone = last.Forecast();
            Assert.Empty(alone.Rows);
            Assert.StartsWith("No earlier scored checkpoint has read these", Figures.Forecast(alone).Title, StringComparison.Ordinal);
            var counterfactual = await analysis.CounterfactualAsync(options: new() { Device = Device.Cpu, Cancellation = Stop });
            Assert.Equal(suite.Chunks, counterfactual.Chunks);
            Assert.Equal(counterfactual.Rows.Count, counterfactual.Rows.DistinctBy(r => (r.Chunk, r.Row)).Count());
            var latent = scores.Latent();
            Assert.Equal([-4, -3, -2, -1, 0, 1, 2, 3], latent.Rows.Select(r => r.Age).Distinct().Order());
            var exposure = await suite.ExposureAsync(alternatives: 15, run: new(Device.Cpu, Cancellation: Stop));
            Assert.Equal(4 + 4, exposure.Rows.Count);
            Assert.All(exposure.Rows, r => Assert.Equal(4 - Math.Log2(r.Rank), r.Exposure, 1e-12));
            var again = await suite.ExposureAsync(alternatives: 15, run: new(Device.Cpu, Cancellation: Stop));
            Assert.Equal(exposure.Rows.Select(r => r.Rank), again.Rows.Select(r => r.Rank));

            foreach (var (frame, rows) in new[]
            {
                (duplicates.ToDataFrame(), duplicates.Rows.Count),
                (shorter.Classify().ToDataFrame(), shorter.Classify().Rows.Count),
                (forecast.ToDataFrame(), forecast.Rows.Count),
                (scores.BySource().ToDataFrame(), scores.BySource().Rows.Count),
                (scores.Extraction().ToDataFrame(), scores.Extraction().Rows.Count),
                (counterfactual.ToDataFrame(), counterfactual.Rows.Count),
                (latent.ToDataFrame(), latent.Rows.Count),
                (exposure.ToDataFrame(), exposure.Rows.Count),
            })
                Assert.Equal(rows, frame.Rows.Count);

            foreach (var figure in new[]
            {
                Figures.ScoreByDuplicates(duplicates), Figures.ScoreByDuplicates(shorter),
                Figures.RecallClasses(shorter.Classify()), Figures.RecallClasses(duplicates.Classify()),
                Figures.Forecast(forecast), Figures.Forecast(scores.Forecast()), Figures.Forecast(alone),
                Figures.MemorizationBySource(scores.BySource()), Figures.SamplesToExtract(scores.Extraction()),
                Figures.Counterfactual(counterfactual), Figures.LatentMemorization(latent), Figures.Exposure(exposure),
            })
            {
                Assert.NotEmpty(figure.ToPlotlyJson());
                Assert.Contains("n = ", figure.Subtitle, StringComparison.Ordinal);
                Assert.Contains("95%", figure.Subtitle, StringComparison.Ordinal);
            }
        }
        finally
        {
            Directory.Delete(analysis.Store.Folder, recursive: true);
        }
    }

    // The last checkpoint has read all four chunks; the one before it has not read the last.
    private static void CheckBaseline(MemorizationScores scores, DuplicateScores duplicates)
    {
        var (at, baseline) = (scores.Checkpoints[^2], duplicates.Baseline!);
        Assert.Equal(at.Name, baseline.Checkpoint);
        Assert.Equal(scores.Seen(at).Select(r => (r.Chunk, r.Row, r.Score)), baseline.Read.Select(r => (r.Chunk, r.Row, r.Score)));
        Assert.Equal(scores.Unread(at).Select(r => (r.Chunk, r.Row, r.Score)), baseline.Unread.Select(r => (r.Chunk, r.Row, r.Score)));
        Assert.All(baseline.Unread, r => Assert.Equal(3, r.Chunk));
        // Copies are counted in the same chunks, so one sequence has one number of them.
        var counts = duplicates.Rows.ToDictionary(r => (r.Chunk, r.Row), r => r.Duplicates);
        Assert.All([.. baseline.Read, .. baseline.Unread], r => Assert.Equal(counts[(r.Chunk, r.Row)], r.Duplicates));
        var extraction = scores.Extraction().Baseline!;
        Assert.Equal((baseline.Read.Count, baseline.Unread.Count), (extraction.Read.Count, extraction.Unread.Count));
    }

    // pico has canaries in its last two chunks.
    private static void CheckCanaries(MemorizationScores scores)
    {
        var figure = Figures.CanariesByRepetition(scores);
        Assert.Contains("n = 4 canaries", figure.Subtitle, StringComparison.Ordinal);
        Assert.Contains("just read (n = 2 a point): ", figure.Finding, StringComparison.Ordinal);
        Assert.Contains("1 to 2 chunks ago (n = 1 a point): ", figure.Finding, StringComparison.Ordinal);
        var traces = figure.Panels[0].Traces;
        Assert.Equal(["just read", "1 to 2 chunks ago"], traces.Select(t => t.Name));
        foreach (var (age, trace) in traces.Index())
        {
            Assert.Equal([1, 8], trace.X);
            var means = trace.X.Select(n => scores.Rows.Where(r => r.CanaryRepetitions == n && r.Checkpoint - 1 - r.Chunk == age)
                .GroupBy(r => r.Chunk).Average(g => g.Average(r => r.Score)));
            Assert.Equal(means, trace.Y, (a, b) => Math.Abs(a - b) < 1e-12);
        }
    }

    [Fact]
    public async Task What_needs_token_metrics_says_so()
    {
        var analysis = pico.Suite.Memorization(new(8, 8, 2));
        try
        {
            var scores = await analysis.ScoreAsync([pico.Suite.Checkpoints[^1]], [pico.Suite.Chunks[0]],
                new() { Device = Device.Cpu, Cancellation = Stop });
            Assert.Contains("Token metrics", Assert.Throws<Llm360Exception>(() => scores.Extraction()).What, StringComparison.Ordinal);
            Assert.Contains("Token metrics", Assert.Throws<Llm360Exception>(() => scores.Latent()).What, StringComparison.Ordinal);
            Assert.Contains("Token metrics",
                Assert.Throws<Llm360Exception>(() => scores.BySource().Scores.Seen(scores.Checkpoints[0])[0].IsExtractible(4, 4)).What,
                StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(analysis.Store.Folder, recursive: true);
        }
    }
}
