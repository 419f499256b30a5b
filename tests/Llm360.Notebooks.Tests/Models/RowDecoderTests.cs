// Segments of ragged rows against a full pass over each row, by the kernel and by operators.
using TorchSharp;

namespace Llm360.Notebooks.Tests;

public sealed class RowDecoderTests
{
    [Theory]
    [InlineData("llama-mha", torch.ScalarType.Float32, 2e-4)]
    [InlineData("llama-gqa", torch.ScalarType.Float32, 2e-4)]
    [InlineData("crystal", torch.ScalarType.Float32, 5e-3)]
    [InlineData("neox", torch.ScalarType.Float32, 5e-4)]
    [InlineData("llama-mha", torch.ScalarType.Float64, 1e-4)] // not supported by the kernel: the path of all other devices
    [InlineData("llama-gqa", torch.ScalarType.Float64, 1e-4)]
    public void Pieces_give_what_whole_rows_give(string name, torch.ScalarType type, double tolerance)
    {
        using var model = LanguageModel.Load(Fixtures.Path("models", name), Device.Cpu, type);
        using var inference = torch.inference_mode();
        using var scope = torch.NewDisposeScope();
        var random = new Random(1);
        int[][] rows = [.. new[] { 20, 7, 13, 20, 1 }.Select(
            n => Enumerable.Range(0, n).Select(_ => random.Next(model.Config.VocabularySize)).ToArray())];
        using var decoder = new RowDecoder(model, rows.Length, 24);
        var done = new int[rows.Length];
        var computed = rows.Select(_ => new List<(int First, torch.Tensor Hidden)>()).ToArray(); // of output positions
        while (done.Zip(rows).Any(p => p.First < p.Second.Length))
        {
            var segments = new List<Segment>();
            foreach (var i in Enumerable.Range(0, rows.Length).Where(i => done[i] < rows[i].Length))
            {
                var count = Math.Min(random.Next(1, 9), rows[i].Length - done[i]);
                segments.Add(new Segment(i, rows[i][done[i]..(done[i] + count)], random.Next(1, count + 1)));
                done[i] += count;
            }

            var hidden = decoder.Compute(segments, CancellationToken.None);
            var at = 0;
            foreach (var segment in segments)
            {
                computed[segment.Slot].Add((done[segment.Slot] - segment.OutputCount, hidden.narrow(0, at, segment.OutputCount)));
                at += segment.OutputCount;
            }
        }

        foreach (var (row, parts) in rows.Zip(computed))
        {
            var whole = model.Forward(torch.tensor(row.Select(t => (long)t).ToArray(), [1, row.Length])).squeeze(0);
            foreach (var (first, hidden) in parts)
                Assert.InRange((whole.narrow(0, first, hidden.shape[0]) - hidden).abs().max().to(torch.float64).item<double>(), 0,
                    tolerance);
        }
    }

    [Fact]
    public void New_slots_hold_zeros_whatever_was_in_the_memory()
    {
        using var model = LanguageModel.Load(Fixtures.Path("models", "llama-gqa"), Device.Cpu);
        var config = model.Config;
        using var scope = torch.NewDisposeScope();
        // Every second tensor is freed, so that the allocator has holes of the cache's size.
        var garbage = Enumerable.Range(0, 64 * config.Layers)
            .Select(_ => torch.full([3, 24, config.KeyValueHeads, config.HeadDimension], float.NaN)).ToList();
        foreach (var (i, tensor) in garbage.Index())
        {
            if (i % 2 == 0)
                tensor.Dispose();
        }

        using var cache = new SlotCache(model, 3, 24);
        foreach (var layer in Enumerable.Range(0, config.Layers))
            Assert.Equal(0, (cache.Keys(layer).abs().max() + cache.Values(layer).abs().max()).item<float>());
    }

    [Theory]
    [InlineData(4, 4, 16, torch.ScalarType.Float32)]
    [InlineData(6, 2, 8, torch.ScalarType.Float32)]
    [InlineData(3, 1, 32, torch.ScalarType.Float32)]
    [InlineData(4, 2, 16, torch.ScalarType.BFloat16)]
    [InlineData(4, 4, 16, torch.ScalarType.Float16)]
    public void Few_tokens_in_plain_memory_give_what_whole_rows_give_in_float64(int heads, int keyValueHeads, int head,
        torch.ScalarType type)
    {
        var config = new LlamaConfig(64, 96, 2, heads, keyValueHeads, head, 50, 64, 1e-5, 10000, false);
        using var inference = torch.inference_mode();
        using var scope = torch.NewDisposeScope();
        var weights = config.Parameters().ToDictionary(p => p.Name, p => (torch.randn(p.Shape) / 4).to(type));
        using var model = new LlamaModel(config, weights);
        using var reference = new LlamaModel(config, weights.ToDictionary(w => w.Key, w => w.Value.to(torch.float64)));
        var few = new SmallBatchBlock(config, weights);
        Assert.True(few.Takes(torch.zeros(1, few.MaxTokens, 64)));
        var random = new Random(2);
        int[][] rows = [.. new[] { 20, 9, 15 }.Select(n => Enumerable.Range(0, n).Select(_ => random.Next(50)).ToArray())];
        var whole =
            rows.Select(row => reference.Forward(torch.tensor(row.Select(t => (long)t).ToArray(), [1, row.Length])).squeeze(0)).ToArray();
        using var decoder = new RowDecoder(model, rows.Length, 20);
        for (var t = 0; t < 20; t += 5)
        {
            Segment[] segments = [.. Enumerable.Range(0, rows.Length)
                .Where(i => t < rows[i].Length)
                .Select(i => new Segment(i, rows[i][t..Math.Min(t + 5, rows[i].Length)], Math.Min(5, rows[i].Length - t)))];
            var expected = torch.cat([.. segments.Select(p => whole[p.Slot].narrow(0, t, p.OutputCount))]);
            Assert.InRange((expected - decoder.Compute(segments, CancellationToken.None)).abs().max().item<double>(), 0, 1e-4);
        }
    }

    [Fact]
    public void A_row_taken_back_goes_on_as_if_the_rest_had_not_been()
    {
        using var model = LanguageModel.Load(Fixtures.Path("models", "llama-mha"), Device.Cpu);
        using var inference = torch.inference_mode();
        using var scope = torch.NewDisposeScope();
        using var decoder = new RowDecoder(model, 1, 16);
        decoder.Compute([new Segment(0, [1, 2, 3, 4, 5, 6])], CancellationToken.None);
        decoder.TakeBack(0, 3);
        var hidden = decoder.Compute([new Segment(0, [9, 8], 2)], CancellationToken.None);
        var whole = model.Forward(torch.tensor(new long[] { 1, 2, 3, 9, 8 }, [1, 5])).squeeze(0).narrow(0, 3, 2);
        Assert.InRange((whole - hidden).abs().max().item<float>(), 0, 1e-5);
    }
}
