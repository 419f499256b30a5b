// The attention kernel against the definition in float64, row by row.

namespace Llm360.Notebooks.Tests;

public sealed unsafe class CausalAttentionTests
{
    private readonly Random random = new(7);

    [Theory]
    [InlineData(2, 2, 16, 0, 1, 0)]
    [InlineData(2, 2, 16, 40, 1, 0)]
    [InlineData(4, 2, 48, 5, 3, 0)]
    [InlineData(4, 1, 64, 0, 33, 0)]
    [InlineData(3, 3, 32, 17, 100, 0)]
    [InlineData(2, 1, 6, 3, 20, 0)] // a head that is no whole number of vectors
    [InlineData(2, 2, 16, 0, 40, 11)]
    [InlineData(2, 2, 16, 30, 1, 11)]
    [InlineData(2, 2, 20, 0, 12, 4)]
    [InlineData(4, 2, 48, 40, 1, 0, 20)]
    [InlineData(8, 4, 64, 2300, 1, 0)] // two threads share one query's positions
    [InlineData(4, 4, 72, 2300, 1, 1500)]
    [InlineData(3, 1, 20, 7, 5, 3, 16)]
    public void Rows_of_any_kind_are_the_definition(int heads, int keyHeads, int head, int past, int count, int padding, int rows = 1)
    {
        var all = past + count;
        float[] q = Values(heads * count * head), k = Values(keyHeads * all * head), v = Values(keyHeads * all * head);
        var width = count * heads * head;
        var outputs = new float[rows * width];
        fixed (float* queries = q, keys = k, values = v, to = outputs)
        {
            // Queries [heads, count, head]; keys and values [all, key-value heads, head].
            var (from, first, second, result) = ((nint)queries, (nint)keys, (nint)values, (nint)to);
            CausalAttention.Run(
                [.. Enumerable.Range(0, rows).Select(
                    r => new AttentionRow(from, first, second, result + (r * width * sizeof(float)), past, count, padding))],
                new AttentionShape(heads, keyHeads, head, count * head, head, head, keyHeads * head));
        }

        var output = outputs[..width];
        Assert.All(outputs.Chunk(width), row => Assert.Equal(output, row));
        for (var h = 0; h < heads; h++)
        {
            for (var t = 0; t < count; t++)
            {
                var place = past + t;
                var seen = Enumerable.Range(0, place + 1).Where(j => j >= padding || j == place).ToList();
                if (place < padding)
                    seen = [place];
                var query = ((h * count) + t) * head;
                var scores = seen
                    .Select(j => Enumerable.Range(0, head).Sum(i => (double)q[query + i] * Of(k, j, h, i)) / Math.Sqrt(head))
                    .ToList();
                var exponentials = scores.Select(s => Math.Exp(s - scores.Max())).ToList();
                for (var i = 0; i < head; i++)
                    Assert.Equal(seen.Zip(exponentials).Sum(p => p.Second * Of(v, p.First, h, i)) / exponentials.Sum(),
                        output[(((t * heads) + h) * head) + i], 2e-6);
            }
        }

        float Of(float[] x, int place, int h, int i) => x[(((place * keyHeads) + (h / (heads / keyHeads))) * head) + i];
    }

    private float[] Values(int n) => [.. Enumerable.Range(0, n).Select(_ => (float)((random.NextDouble() * 2) - 1))];
}
