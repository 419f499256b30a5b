// Distribution of rows over threads.

namespace Llm360.Notebooks.Tests;

public sealed class ParallelismTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(1000)]
    public void Every_row_is_taken_once(long rows)
    {
        var times = new int[rows];
        Parallelism.ForRows(rows, 1 << 16, row => Interlocked.Increment(ref times[row]));
        Assert.All(times, n => Assert.Equal(1, n));
    }

    [Fact]
    public void What_a_range_throws_reaches_the_caller_after_all_ranges_have_ended()
    {
        var rows = 0;
        var error = Assert.Throws<InvalidOperationException>(() => Parallelism.ForRows(1000, 1 << 16, row =>
        {
            Interlocked.Increment(ref rows);
            if (row == 999) // The last row of its range, so all rows run.
                throw new InvalidOperationException("row 999");
        }));
        Assert.Equal("row 999", error.Message);
        Assert.Equal(1000, rows);
    }

    [Fact]
    public void Callers_side_by_side_and_within_each_other_all_get_through() =>
        Parallel.For(0, 64, _ =>
        {
            var sum = 0L;
            Parallelism.ForRows(8, 1 << 16, row => Parallelism.ForRows(8, 1 << 16, inner => Interlocked.Add(ref sum, (8 * row) + inner)));
            Assert.Equal(64 * 63 / 2, sum);
        });
}
