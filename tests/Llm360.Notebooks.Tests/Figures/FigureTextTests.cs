// Numbers in titles and findings.
namespace Llm360.Notebooks.Tests;

public sealed class FigureTextTests
{
    [Theory]
    [InlineData(0.00366, -0.00345, 0.0108, "0.004, 95% CI [-0.003, 0.011]")]
    [InlineData(0.0514, 0.0471, 0.0568, "0.051, 95% CI [0.047, 0.057]")]
    [InlineData(0.0512, 0.0391, 0.0631, "0.051, 95% CI [0.039, 0.063]")]
    [InlineData(7.12, 6.3, 7.9, "7.1, 95% CI [6.3, 7.9]")]
    [InlineData(1234.5, 1100, 1400, "1234, 95% CI [1100, 1400]")]
    [InlineData(-0.0004, -0.02, 0.02, "0.000, 95% CI [-0.020, 0.020]")]
    [InlineData(0.5, double.NaN, double.NaN, "0.5")]
    [InlineData(1, 1, 1, "1")]
    public void An_interval_decides_the_digits(double value, double low, double high, string expected) =>
        Assert.Equal(expected, FigureText.WithInterval(value, low, high));

    [Fact]
    public void Shares_are_percentages_without_a_space()
    {
        Assert.Equal("2.0%, 95% CI [1.7%, 2.3%]", FigureText.WithInterval(0.0197, 0.0166, 0.0229, isShare: true));
        Assert.Equal("12.3%", FigureText.Percent(0.1234));
    }
}
