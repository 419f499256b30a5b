// The kernels of the hand-written gradient against slow float64 formulas.
using System.Runtime.Intrinsics;

namespace Llm360.Notebooks.Tests;

public sealed unsafe class CpuKernelTests
{
    private readonly Random random = new(3);

    [Fact]
    public void Exp_is_within_two_units_in_the_last_place()
    {
        for (var x = Exponential.Lowest; x < Exponential.Highest; x += 0.00371f)
        {
            var exact = Math.Exp(x);
            var unit = MathF.BitIncrement((float)exact) - (double)(float)exact;
            Assert.InRange(Math.Abs(Exponential.Of(Vector512.Create(x))[5] - exact) / unit, 0, 2);
        }

        Assert.Equal(1, Exponential.Of(Vector512<float>.Zero)[0]);
        Assert.InRange(Exponential.OfBounded(Vector512.Create(float.NegativeInfinity))[0], 0, 2e-38f);
        Assert.True(Exponential.Of(Vector512.Create(float.PositiveInfinity))[0] > 1e38f);
        Assert.True(float.IsNaN(Exponential.Of(Vector512.Create(float.NaN))[0]));
    }

    [Theory]
    [InlineData(8, 16, 1)]
    [InlineData(16, 32, 7)]
    [InlineData(8, 48, 33)]
    [InlineData(24, 64, 128)]
    [InlineData(32, 80, 20)]
    [InlineData(8, 112, 65)]
    [InlineData(40, 96, 300)]
    public void Products_are_sums_of_products(int m, int n, int k)
    {
        using AlignedFloats a = Values(m * k), b = Values(k * n), start = Values(m * n), aT = new(m * k), c = new(m * n);
        Products.Transpose(new MatrixView(aT.Data, m), new MatrixView(a.Data, k), m, k);
        Products.Set(new MatrixView(c.Data, n), new MatrixView(a.Data, k), new MatrixView(b.Data, n), m, n, k);
        Check(0);
        Products.SetTransposed(new MatrixView(c.Data, n), new MatrixView(aT.Data, m), new MatrixView(b.Data, n), m, n, k);
        Check(0);
        Products.Add(new MatrixView(c.Data, n), start.Data, new MatrixView(a.Data, k), new MatrixView(b.Data, n), m, n, k);
        Check(1);
        Products.AddTransposed(new MatrixView(c.Data, n), new MatrixView(aT.Data, m), new MatrixView(b.Data, n), m, n, k);
        Check(1, 2);

        // The kernel for processors without 512-bit vectors.
        c.Clear(0, c.Count);
        for (var row = 0; row < m; row += 8)
        {
            for (var column = 0; column < n; column += n % 24 == 0 ? 24 : 16)
                Tile256.Run(new Tile(a.Data + (row * k), k, 1, b.Data + column, n, c.Data + (row * n) + column,
                    start.Data + (row * n) + column, n, k), n % 24 == 0 ? 3 : 2);
        }

        Check(1);

        void Check(int starts, int products = 1)
        {
            for (var i = 0; i < m; i++)
            {
                for (var j = 0; j < n; j++)
                {
                    var sum = 0.0;
                    for (var q = 0; q < k; q++)
                        sum += (double)a.Data[(i * k) + q] * b.Data[(q * n) + j];
                    Assert.Equal((starts * (double)start.Data[(i * n) + j]) + (products * sum), c.Data[(i * n) + j], 1e-6 * (k + 8));
                }
            }
        }
    }

    [Fact]
    public void Norm_and_its_gradient()
    {
        const int tokens = 3, size = 21, width = 32;
        using AlignedFloats x = new(tokens * width), w = new(width), dy = new(tokens * width), y = new(tokens * width),
            dx = new(tokens * width), dw = new(width), r = new(tokens);
        foreach (var (buffer, rows) in new[] { (x, tokens), (w, 1), (dy, tokens) })
            Fill(buffer, rows, size, width);
        RmsNorm.Forward(new MatrixView(y.Data, width), new MatrixView(x.Data, width), w.Data, r.Data, tokens, width, size, 1e-3f);
        RmsNorm.Backward(new MatrixView(dx.Data, width), false, dw.Data, new MatrixView(dy.Data, width), new MatrixView(x.Data, width),
            w.Data, r.Data, tokens, width, size);
        for (var t = 0; t < tokens; t++)
        {
            var row = t * width;
            var factor = 1 / Math.Sqrt((Sum(i => x.Data[row + i] * (double)x.Data[row + i]) / size) + 1e-3);
            var mean = Sum(i => (double)w.Data[i] * dy.Data[row + i] * x.Data[row + i]) / size;
            for (var i = 0; i < width; i++)
            {
                Assert.Equal(factor * x.Data[row + i] * w.Data[i], y.Data[row + i], 1e-6);
                Assert.Equal((factor * w.Data[i] * dy.Data[row + i]) - (factor * factor * factor * mean * x.Data[row + i]),
                    dx.Data[row + i], 2e-6);
            }
        }

        for (var i = 0; i < size; i++)
            Assert.Equal(Enumerable.Range(0, tokens).Sum(t => (double)dy.Data[(t * width) + i] * x.Data[(t * width) + i] * r.Data[t]),
                dw.Data[i], 2e-6);

        static double Sum(Func<int, double> term) => Enumerable.Range(0, size).Sum(term);
    }

    [Theory]
    [InlineData(1, 16)]
    [InlineData(16, 32)]
    [InlineData(37, 64)]
    public void Softmax_and_its_gradient(int count, int width)
    {
        const float scale = 0.7f;
        using AlignedFloats s = Values(width), e = new(width), dp = Values(width);
        for (var i = 0; i < width; i++)
            e.Data[i] = s.Data[i] *= 20;
        var logSum = Math.Log(Enumerable.Range(0, count).Sum(i => Math.Exp(scale * (double)s.Data[i])));
        var p = Enumerable.Range(0, width).Select(i => i < count ? Math.Exp((scale * (double)s.Data[i]) - logSum) : 0).ToArray();
        var dot = Enumerable.Range(0, count).Sum(i => p[i] * dp.Data[i]);
        var expected = Enumerable.Range(0, width).Select(i => scale * p[i] * (dp.Data[i] - dot)).ToArray();

        var (sum, shift) = Softmax.Exponentials(e.Data, count, width, scale);
        Assert.Equal(logSum, shift + Math.Log(sum), 1e-5);
        Softmax.Backward(s.Data, dp.Data, count, width, scale, (float)logSum, (float)dot);
        for (var i = 0; i < width; i++)
        {
            Assert.Equal(p[i], e.Data[i] / sum, 1e-6);
            Assert.Equal(p[i], s.Data[i], 2e-6);
            Assert.Equal(expected[i], dp.Data[i], 2e-6);
        }
    }

    [Fact]
    public void Gated_unit_and_its_gradient()
    {
        const int tokens = 2, mlp = 32;
        using AlignedFloats gateUp = Values(tokens * 2 * mlp), y = new(tokens * mlp), dy = Values(tokens * mlp), both = new(tokens * mlp),
            d = new(tokens * 2 * mlp);
        for (var i = 0; i < gateUp.Count; i++)
            gateUp.Data[i] *= 12;
        new Span<float>(dy.Data, tokens * mlp).CopyTo(new Span<float>(both.Data, tokens * mlp));
        SwiGlu.Forward(new MatrixView(y.Data, mlp), new MatrixView(gateUp.Data, 2 * mlp), tokens, mlp);
        SwiGlu.Backward(new MatrixView(d.Data, 2 * mlp), new MatrixView(both.Data, mlp), new MatrixView(gateUp.Data, 2 * mlp), tokens, mlp);
        for (var i = 0; i < tokens * mlp; i++)
        {
            var at = (i / mlp * 2 * mlp) + (i % mlp);
            double g = gateUp.Data[at], u = gateUp.Data[at + mlp], sigmoid = 1 / (1 + Math.Exp(-g));
            Assert.Equal(g * sigmoid * u, y.Data[i], 2e-5);
            Assert.Equal(y.Data[i], both.Data[i]);
            Assert.Equal(dy.Data[i] * u * sigmoid * (1 + (g * (1 - sigmoid))), d.Data[at], 2e-5);
            Assert.Equal(dy.Data[i] * g * sigmoid, d.Data[at + mlp], 2e-5);
        }
    }

    [Theory]
    [InlineData(32)]
    [InlineData(36)]
    [InlineData(6)]
    public void Turning_back_undoes_turning(int head)
    {
        var config = new LlamaConfig(head, 8, 1, 1, 1, head, 8, 50, 1e-6, 10000, false);
        var padded = VectorWidth.Pad(head);
        var table = new RotaryTable(config, config.MaximumLength);
        using var rotary =
            new Rotary(table.Cos, table.Sin, new HeadShape(config.Heads, config.KeyValueHeads, config.HeadDimension, padded));
        using AlignedFloats x = new(2 * padded), before = new(2 * padded);
        Fill(x, 2, head, padded);
        new Span<float>(x.Data, 2 * padded).CopyTo(new Span<float>(before.Data, 2 * padded));
        rotary.Rotate(new MatrixView(x.Data, padded), 40, 2, 1, back: false);
        for (var t = 0; t < 2; t++)
        {
            for (var i = 0; i < head / 2; i++)
            {
                var angle = (40 + t) * Math.Pow(10000, -2.0 * i / head);
                double a = before.Data[(t * padded) + i], b = before.Data[(t * padded) + i + (head / 2)];
                Assert.Equal((a * Math.Cos(angle)) - (b * Math.Sin(angle)), x.Data[(t * padded) + i], 1e-5);
                Assert.Equal((b * Math.Cos(angle)) + (a * Math.Sin(angle)), x.Data[(t * padded) + i + (head / 2)], 1e-5);
            }
        }

        rotary.Rotate(new MatrixView(x.Data, padded), 40, 2, 1, back: true);
        for (var i = 0; i < 2 * padded; i++)
            Assert.Equal(before.Data[i], x.Data[i], 1e-6);
    }

    private AlignedFloats Values(int count)
    {
        var buffer = new AlignedFloats(count);
        Fill(buffer, 1, count, count);
        return buffer;
    }

    private void Fill(AlignedFloats buffer, int rows, int size, int width)
    {
        for (var r = 0; r < rows; r++)
        {
            for (var i = 0; i < size; i++)
                buffer.Data[(r * width) + i] = (random.NextSingle() * 2) - 1;
        }
    }
}
