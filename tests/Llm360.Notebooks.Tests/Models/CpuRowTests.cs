// The kernels of Models/Cpu against LibTorch's operators and against definitions.
using TorchSharp;

namespace Llm360.Notebooks.Tests;

public sealed class CpuRowTests
{
    [Theory]
    [InlineData(1, 7)]
    [InlineData(3, 16)]
    [InlineData(200, 288)]
    [InlineData(33, 1376)]
    public void Norm_and_gate_are_what_the_operators_give(int rows, int width)
    {
        using var scope = torch.NewDisposeScope();
        var (x, weight) = (torch.randn(2, rows, width), torch.randn(width));
        var wide = x.to(torch.float64);
        var expected = wide * torch.rsqrt(wide.square().mean([-1], keepdim: true) + 1e-5) * weight.to(torch.float64);
        Near(expected, RmsNorm.Forward(x, weight, 1e-5f), 1e-5);
        var (gate, up) = (torch.randn(2, rows, width) * 10, torch.randn(2, rows, width));
        expected = torch.nn.functional.silu(gate.to(torch.float64)) * up.to(torch.float64);
        SwiGlu.Forward(gate, up);
        Near(expected, gate, 1e-4);
    }

    [Theory]
    [InlineData(1, 16, 1)]
    [InlineData(1, 288, 768)]
    [InlineData(2, 512, 1377)]
    [InlineData(3, 48, 4001)]
    [InlineData(7, 2048, 770)]
    [InlineData(16, 64, 32003)] // distributed over threads
    [InlineData(70, 96, 1003)] // more rows than one pass over the weights takes
    public void Products_with_weights_as_they_lie_are_what_the_operator_gives(int rows, int width, int outputs)
    {
        using var scope = torch.NewDisposeScope();
        var (x, whole) = (torch.randn(1, rows, width), torch.randn(outputs + 1, width).narrow(0, 1, outputs));
        foreach (var type in new[] { torch.float32, torch.bfloat16, torch.float16 })
        {
            var weight = whole.to(type);
            Assert.Equal(rows <= UnpackedProducts.MaxRows(type), UnpackedProducts.Takes(x, weight));
            var expected = torch.nn.functional.linear(x.to(torch.float64), weight.to(torch.float64));
            var y = torch.full(1, rows, outputs, float.NaN);
            UnpackedProducts.Multiply(y, x, weight, add: false);
            Near(expected, y, 1e-6 * width);
            UnpackedProducts.Multiply(y, x, weight, add: true);
            Near(2 * expected, y, 2e-6 * width);
        }
    }

    // A processor uses one of the two widths; the test runs both.
    [Theory]
    [InlineData(1, 16)]
    [InlineData(2, 304)]
    [InlineData(3, 1376)]
    [InlineData(4, 64)]
    public unsafe void Tiles_of_both_widths_are_what_the_operator_gives(int rows, int width)
    {
        using var scope = torch.NewDisposeScope();
        var (x, weight) = (torch.randn(rows, width), torch.randn(DotTile.Weights, width));
        var narrow = weight.to(torch.bfloat16);
        for (var wide = 0; wide < 2; wide++)
        {
            var some = Math.Min(rows, wide == 0 ? DotTile.Rows256 : DotTile.Rows512);
            var y = torch.full(rows, DotTile.Weights + 1, 7f);
            MatrixView to = new(TensorMemory.Floats(y), DotTile.Weights + 1), from = new(TensorMemory.Floats(x), width);
            float* w = TensorMemory.Floats(weight);
            var n = (ushort*)TensorMemory.Floats(narrow);
            if (wide == 0)
                DotTile.Run256(to, from, some, w, (byte*)w, 0, add: false);
            else
                DotTile.Run512(to, from, some, w, (byte*)w, 0, add: false);
            if (wide == 0)
                DotTile.Run256(to, from, some, n, (byte*)n, 0, add: true);
            else
                DotTile.Run512(to, from, some, n, (byte*)n, 0, add: true);
            var expected = torch.full([rows, DotTile.Weights + 1], 7, torch.float64);
            expected.narrow(0, 0, some).narrow(1, 0, DotTile.Weights).copy_(
                torch.nn.functional.linear(x.narrow(0, 0, some).to(torch.float64), weight.to(torch.float64) + narrow.to(torch.float64)));
            Near(expected, y, 1e-6 * width);
        }
    }

    [Fact]
    public unsafe void Every_value_of_the_narrow_types_is_widened_exactly()
    {
        const int values = 1 << 16;
        var bits = Enumerable.Range(0, values).Select(i => (ushort)i).ToArray();
        var widened = new float[values];
        fixed (ushort* from = bits)
        {
            fixed (float* to = widened)
            {
                new WeightRows(from, torch.ScalarType.Float16, values).AsFloats(0, 1, to);
                Assert.Equal(bits.Select(b => (float)BitConverter.UInt16BitsToHalf(b)), widened);
                new WeightRows(from, torch.ScalarType.BFloat16, values).AsFloats(0, 1, to);
                Assert.Equal(bits.Select(b => BitConverter.UInt32BitsToSingle((uint)b << 16)), widened);
            }
        }
    }

    [Theory]
    [InlineData(torch.ScalarType.BFloat16)]
    [InlineData(torch.ScalarType.Float16)]
    public unsafe void Rows_that_are_no_whole_number_of_vectors_are_widened_to_their_end(torch.ScalarType type)
    {
        using var scope = torch.NewDisposeScope();
        var rows = torch.randn([3, 13], type);
        var widened = new float[27];
        fixed (float* to = widened)
            WeightRows.Of(rows).AsFloats(1, 2, to);
        Assert.Equal([.. rows.narrow(0, 1, 2).to(torch.float32).data<float>(), 0], widened);
    }

    [Theory]
    [InlineData(torch.ScalarType.BFloat16)]
    [InlineData(torch.ScalarType.Float16)]
    public void Products_with_weights_of_narrow_types_are_float32s(torch.ScalarType type)
    {
        using var scope = torch.NewDisposeScope();
        var (x, bias) = (torch.randn(2, 33, 2048), torch.randn([4000], type));
        // More than one block of weights; CrystalCoder's matrices are transposed.
        foreach (var weight in new[] { torch.randn([4000, 2048], type), torch.randn([2048, 4000], type).t() })
        {
            var expected = torch.nn.functional.linear(x.to(torch.float64), weight.to(torch.float64), bias.to(torch.float64));
            Near(expected, NarrowTypes.Widened(x, weight, bias), 1e-4);
        }
    }

    [Fact]
    public void What_is_not_for_the_product_of_few_rows_is_left_to_LibTorch()
    {
        using var scope = torch.NewDisposeScope();
        var (x, weight) = (torch.randn(2, 8, 64), torch.randn(32, 64));
        Assert.True(UnpackedProducts.Takes(x, weight));
        Assert.False(UnpackedProducts.Takes(torch.randn(UnpackedProducts.MaxRows(torch.float32) + 1, 64), weight));
        Assert.False(UnpackedProducts.Takes(torch.randn(2, 72), torch.randn(32, 72)));
        Assert.False(UnpackedProducts.Takes(x, torch.randn(32, 48)));
        Assert.False(UnpackedProducts.Takes(torch.randn(0, 64), weight));
        Assert.False(UnpackedProducts.Takes(x.to(torch.bfloat16), weight.to(torch.bfloat16)));
        Assert.False(UnpackedProducts.Takes(x.to(torch.float64), weight.to(torch.float64)));
        Assert.False(UnpackedProducts.Takes(x, torch.randn(64, 32).t()));
        Assert.False(UnpackedProducts.Takes(x.transpose(0, 1), weight));
        Assert.False(UnpackedProducts.Takes(x, torch.randn(32, 64, requires_grad: true)));
    }

    [Theory]
    [InlineData(64, 64)]
    [InlineData(48, 48)]
    [InlineData(64, 16)]
    [InlineData(6, 6)]
    public void Rotation_is_what_the_operators_give_and_leaves_the_rest_of_a_head(int head, int dimensions)
    {
        using var scope = torch.NewDisposeScope();
        var x = torch.randn(3, 11, 4, head).transpose(1, 2); // [batch, heads, time, head], strided
        var half = torch.randn(11, dimensions / 2);
        var (cos, sin) = (torch.cat([half, half], 1).cos(), torch.cat([half, half], 1).sin());
        var rotating = x.narrow(3, 0, dimensions);
        var across = torch.cat([-rotating.narrow(3, dimensions / 2, dimensions / 2), rotating.narrow(3, 0, dimensions / 2)], 3);
        var expected = torch.cat([(rotating * cos) + (across * sin), x.narrow(3, dimensions, head - dimensions)], 3);
        Rotation.RotateHalves(x, cos, sin);
        Near(expected, x, 1e-6);
    }

    [Theory]
    [InlineData(32000, 2048, 1e-3f)]
    [InlineData(131, 131, 1e-3f)]
    [InlineData(131, 1, 1e-3f)]
    [InlineData(1000, 37, 50f)] // everything is in doubt
    [InlineData(1000, 37, 0f)] // nothing is
    public void Blocks_of_logits_reduce_to_what_the_whole_row_gives(int vocabulary, int block, float doubt)
    {
        using var scope = torch.NewDisposeScope();
        const int rows = 40;
        var logits = torch.randn(rows, vocabulary) * 5;
        logits[1] = 3; // all equal
        logits[2, 5] = float.NegativeInfinity;
        logits.select(1, vocabulary - 1).copy_(logits.select(1, 3)); // equal to the target's
        int[] targets = [.. Enumerable.Range(0, rows).Select(i => i == 7 ? -1 : i == 0 ? 3 : i * 97 % vocabulary)];
        var values = logits.data<float>().ToArray();
        var estimates = targets.Select((t, i) => t < 0 ? 0 : values[(i * vocabulary) + t] + (doubt * 0.5f * (i % 3 - 1))).ToArray();
        var reduction = new LogitReduction(targets, [.. estimates.Select(e => e - doubt)], [.. estimates.Select(e => e + doubt)]);
        for (var first = 0; first < vocabulary; first += block)
            reduction.Add(logits.narrow(1, first, Math.Min(block, vocabulary - first)).contiguous(), first);
        Assert.Empty(reduction.Unsure);
        foreach (var (i, actual) in reduction.Results().Index())
        {
            var row = values.AsSpan(i * vocabulary, vocabulary).ToArray();
            var largest = (double)row.Max();
            var sum = row.Sum(v => Math.Exp(v - largest));
            Assert.Equal(Array.IndexOf(row, row.Max()), actual.Argmax);
            Assert.Equal(Math.Log(sum) - (row.Sum(v => double.IsNegativeInfinity(v) ? 0 : (v - largest) * Math.Exp(v - largest)) / sum),
                actual.Entropy, 1e-4);
            var mean = row.Sum(v => double.IsNegativeInfinity(v) ? 0 : v * Math.Exp(v - largest)) / sum;
            Assert.Equal(Math.Sqrt(row.Sum(v => double.IsNegativeInfinity(v) ? 0 : (v - mean) * (v - mean) * Math.Exp(v - largest)) / sum),
                actual.Deviation, 1e-4);
            Assert.Equal(targets[i] < 0 ? -1 : row.Count(v => v > row[targets[i]]), actual.Rank);
            if (targets[i] >= 0)
                Assert.Equal(row[targets[i]] - largest - Math.Log(sum), actual.LogProbability, 1e-4);
            else
                Assert.True(float.IsNaN(actual.LogProbability));
        }
    }

    [Theory]
    [InlineData(torch.ScalarType.BFloat16)]
    [InlineData(torch.ScalarType.Float16)]
    public void Logits_of_narrow_types_reduce_as_if_they_were_float32(torch.ScalarType type)
    {
        using var scope = torch.NewDisposeScope();
        var logits = (torch.randn(9, 131) * 5).to(type);
        var wide = logits.to(torch.float32);
        Assert.Equal(Reduce(wide), Reduce(logits));
        var largest = new LargestLogits(9);
        largest.Add(logits, 0);
        Assert.Equal(wide.argmax(1).data<long>().Select(t => (int)t), largest.Tokens);

        static TokenScore[] Reduce(torch.Tensor logits)
        {
            var reduction = new LogitReduction(new int[9], [.. Enumerable.Repeat(-50f, 9)], [.. Enumerable.Repeat(50f, 9)]);
            reduction.Add(logits.narrow(1, 0, 67), 0);
            reduction.Add(logits.narrow(1, 67, 64), 67);
            return reduction.Results();
        }
    }

    [Fact]
    public void A_rank_that_the_bounds_cannot_settle_is_named()
    {
        using var scope = torch.NewDisposeScope();
        var reduction = new LogitReduction([1, 2, 0], [0, 4, 0], [1, 5, 0]);
        reduction.Add(torch.tensor(new[] { 1f, 0, 2, 1, 0, 2, float.NaN, 1, 2 }, [3, 3]), 0);
        Assert.Equal([1, 2], reduction.Unsure);
    }

    // A rank that the bounds do not determine is recomputed position by position. This is correct
    // but slow.
    [Theory]
    [InlineData("llama-gqa", torch.ScalarType.Float32)]
    [InlineData("llama-gqa", torch.ScalarType.BFloat16)]
    [InlineData("llama-gqa", torch.ScalarType.Float16)]
    [InlineData("crystal", torch.ScalarType.Float32)]
    [InlineData("crystal", torch.ScalarType.BFloat16)]
    [InlineData("neox", torch.ScalarType.BFloat16)]
    public void The_logits_of_tokens_are_within_their_bounds(string name, torch.ScalarType type)
    {
        using var model = LanguageModel.Load(Fixtures.Path("models", name), null, type);
        using var scope = torch.NewDisposeScope();
        using var inference = torch.inference_mode();
        var hidden = model.ForHead(torch.randn(500, model.Config.HiddenSize) * 3);
        var tokens = torch.randint(0, model.Config.VocabularySize, [500]);
        var logits = model.Logits(hidden, 0, model.Config.VocabularySize).to(torch.float32).gather(1, tokens.unsqueeze(1)).squeeze(1);
        var (low, high) = model.LogitBounds(hidden, tokens);
        Assert.Equal(500, (logits.ge(low) & logits.le(high)).sum().item<long>());
        // 1/64 is two steps of bfloat16.
        Assert.InRange(((high - low) / (1 + high.abs())).max().item<float>(), 0, hidden.dtype == torch.float32 ? 3e-5f : 1 / 64f);
    }

    [Theory]
    [InlineData("llama-gqa")]
    [InlineData("crystal")]
    [InlineData("neox")]
    public void In_bfloat16_scores_are_those_of_the_whole_logits(string name)
    {
        using var model = LanguageModel.Load(Fixtures.Path("models", name), null, torch.bfloat16);
        using var scope = torch.NewDisposeScope();
        int[] row = [.. Enumerable.Range(0, 20).Select(i => i * 37 % 128)];
        var scores = model.Score([row])[0].Positions;
        using var ids = torch.tensor(row.Select(t => (long)t).ToArray(), [1, row.Length]);
        var logits = model.Logits(model.Forward(ids)).to(torch.float32).squeeze(0);
        var target = logits.narrow(0, 0, row.Length - 1).gather(1, ids.narrow(1, 1, row.Length - 1).t());
        Assert.Equal(
            logits.narrow(0, 0, row.Length - 1).gt(target).sum(1).data<long>().ToArray(),
            scores.SkipLast(1).Select(p => (long)p.Rank));
        Assert.Equal(logits.argmax(1).data<long>().ToArray(), scores.Select(p => (long)p.Argmax));
    }

    // So many rows use LibTorch's products instead of the kit's kernels. LibTorch rounds the inputs
    // if the processor multiplies bfloat16. Without these instructions everything is float32.
    [Theory]
    [InlineData(torch.ScalarType.BFloat16, 0.01)] // 8 bits: half a step is 2^-9 of a value, and some of a dozen such roundings remain.
    [InlineData(torch.ScalarType.Float16, 1e-5)]
    public void Many_tokens_in_narrow_types_are_within_rounding_of_float64(torch.ScalarType type, double tolerance)
    {
        var config = new LlamaConfig(64, 96, 2, 4, 2, 16, 50, 512, 1e-5, 10000, false);
        using var inference = torch.inference_mode();
        using var scope = torch.NewDisposeScope();
        var weights = config.Parameters().ToDictionary(p => p.Name, p => (torch.randn(p.Shape) / 4).to(type));
        using var model = new LlamaModel(config, weights);
        using var reference = new LlamaModel(config, weights.ToDictionary(w => w.Key, w => w.Value.to(torch.float64)));
        var tokens = torch.randint(0, 50, [2, 200]);
        var expected = reference.Forward(tokens);
        var difference = model.Forward(tokens).to(torch.float64) - expected;
        Assert.InRange((difference.norm() / expected.norm()).item<double>(), 0, tolerance);
    }

    private static void Near(torch.Tensor expected, torch.Tensor actual, double tolerance) =>
        Assert.InRange(
            ((expected.to(torch.float64) - actual.to(torch.float64)).abs() / (1 + expected.to(torch.float64).abs())).max().item<double>(),
            0,
            tolerance);
}
