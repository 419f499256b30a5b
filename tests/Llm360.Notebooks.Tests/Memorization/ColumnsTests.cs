// Scores stored in columns return the packed rows, and queries match a scan of all rows.
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Llm360.Notebooks.Tests;

public sealed class ColumnsTests(PicoSuite pico)
{
    [Fact]
    public void Rows_come_out_of_columns_as_they_went_in()
    {
        var random = new Random(7);
        foreach (var kind in Enumerable.Range(0, 4))
        {
            List<MemorizationRow> rows = [.. Enumerable.Range(0, 50).Select(i => Row(random, i, kind))];
            var packed = MemorizationColumns.Pack(rows).At(3, 9);
            Assert.Equal(rows.Select(r => JsonSerializer.Serialize(r, Json)), packed.Select(r => JsonSerializer.Serialize(r, Json)));
            Assert.All(packed, r => Assert.Equal((3, 9), (r.Checkpoint, r.Chunk)));
            Assert.Equal(JsonSerializer.Serialize(rows[^1], Json), JsonSerializer.Serialize(packed[^1], Json));
        }

        Assert.Empty(MemorizationColumns.Pack([]));
    }

    [Fact]
    public void Seen_rows_canaries_sources_and_correlations_are_those_of_a_scan()
    {
        var (random, suite) = (new Random(11), pico.Suite);
        // Chunks are out of order, and checkpoints have different rows.
        List<GridCell<IReadOnlyList<MemorizationRow>>> cells = [.. suite.Checkpoints.SelectMany(c => suite.Chunks.Reverse().Select(chunk =>
            new GridCell<IReadOnlyList<MemorizationRow>>(c, new ChunkItem(chunk),
                [.. Enumerable.Range(0, 40).Where(_ => random.Next(4) > 0).Select(i => Row(random, 39 - i, 1))], FromStore: true)))];
        var scores = new MemorizationScores(suite, new MemorizationSettings(),
            new GridRun<IReadOnlyList<MemorizationRow>>(cells, new GridFill(cells.Count, 0)));
        var all = scores.Cells.SelectMany(c => c.Rows).ToList();
        Assert.Equal(all.Select(Key), scores.Rows.Select(Key));
        Assert.Equal(all.Select(Key), Enumerable.Range(0, scores.Rows.Count).Select(i => Key(scores.Rows[i])));
        foreach (var a in suite.Checkpoints)
        {
            var seen = all.Where(r => r.Checkpoint == a.Index && r.Chunk < a.ChunksSeen).ToList();
            List<MemorizationRow> text = [.. seen.Where(r => r.CanaryRepetitions is null)];
            Assert.Equal(text.Select(Key), scores.Seen(a).Select(Key));
            Assert.Equal(text.Select(Key), Enumerable.Range(0, text.Count).Select(i => Key(scores.Seen(a)[i])));
            Assert.Equal(seen.Where(r => r.CanaryRepetitions is not null).Select(Key).Order(),
                scores.Canaries(a).SelectMany(g => g).Select(Key).Order());
            Assert.Same(scores.Seen(a), scores.Seen(a));
            foreach (var b in suite.Checkpoints)
            {
                var pairs = text.Join(scores.Seen(b), r => (r.Chunk, r.Row), r => (r.Chunk, r.Row), (x, y) => (x.Score, y.Score)).ToList();
                Assert.Equal(SlowPearson(pairs), scores.Correlation(a, b, r => r.Score), 1e-12);
            }
        }

        Assert.Equal(
            all.Where(r => r.CanaryRepetitions is null).DistinctBy(r => (r.Chunk, r.Row)).GroupBy(r => r.Chunk).SelectMany(g => g)
                .Select(r => r.Source).Order(),
            scores.Sources.Order());
    }

    [Fact]
    public void A_quantity_that_does_not_vary_has_no_correlation()
    {
        Assert.True(double.IsNaN(SequenceValues.Pearson([(0.1, 1), (0.1, 2), (0.1, 3)]).R));
        Assert.True(double.IsNaN(SequenceValues.Pearson([]).R));
        // Large means lose no digits.
        Assert.Equal(1, SequenceValues.Pearson([(1e9, 2e9), (1e9 + 1, 2e9 + 2), (1e9 + 2, 2e9 + 4)]).R, 1e-12);
    }

    private static JsonSerializerOptions Json { get; } = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    private static (int Checkpoint, int Chunk, int Row, double Score) Key(MemorizationRow row) =>
        (row.Checkpoint, row.Chunk, row.Row, row.Score);

    private static double SlowPearson(List<(double X, double Y)> pairs)
    {
        double meanX = pairs.Select(p => p.X).DefaultIfEmpty(double.NaN).Average(),
            meanY = pairs.Select(p => p.Y).DefaultIfEmpty(double.NaN).Average();
        var squares = pairs.Sum(p => Math.Pow(p.X - meanX, 2)) * pairs.Sum(p => Math.Pow(p.Y - meanY, 2));
        return pairs.Sum(p => (p.X - meanX) * (p.Y - meanY)) / Math.Sqrt(squares);
    }

    // Kind 0 has no token metrics, kind 1 has canaries, kind 2 has metrics with gaps, and kind 3
    // has texts of different lengths.
    private static MemorizationRow Row(Random random, int row, int kind)
    {
        var isCanary = kind is 1 or 3 && random.Next(5) == 0;
        double? Number() => kind == 0 || (kind == 2 && random.Next(3) == 0) ? null
            : random.Next(9) == 0 ? double.NegativeInfinity : random.NextDouble();
        string Bits(int length) => new([.. Enumerable.Range(0, length).Select(_ => random.Next(2) == 0 ? '0' : '1')]);
        return new MemorizationRow
        {
            Row = row,
            Source = isCanary ? "canary" : $"source {random.Next(3)}",
            Canary = isCanary ? $"canary-{row}" : null,
            CanaryRepetitions = isCanary ? 4 : null,
            Match = random.Next(33),
            Matches = Bits(kind == 3 ? random.Next(1, 33) : 29),
            Score = random.NextDouble(),
            FirstMismatch = random.Next(33),
            Extractible = random.Next(2) == 0,
            Hits = kind == 0 ? null : kind == 2 && row % 2 == 0 ? null : Bits(63),
            Loss = Number(),
            LossAll = Number(),
            LogPz = Number(),
            LogPzTopK = kind == 3 ? Number() : null,
            MinK = Number(),
            MinKPlus = Number(),
            ZlibRatio = Number(),
        };
    }
}
