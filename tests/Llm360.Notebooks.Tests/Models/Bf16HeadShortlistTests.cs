// Greedy tokens from a head in bfloat16, against products in float64.
using static TorchSharp.torch;

namespace Llm360.Notebooks.Tests;

public sealed class Bf16HeadShortlistTests
{
    private const int Vocabulary = 40_000, Width = 96; // From 16 positions on, several blocks; the last one is short.

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(33)] // If the processor multiplies bfloat16, x and the logits of so many positions are rounded too.
    [InlineData(300)]
    public void Tokens_that_bfloat16_cannot_tell_apart_are_told_apart(int positions)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3, CPU);
        var hidden = randn([positions, Width], float32, generator: generator);
        var head = Alike(Vocabulary / 5, generator);
        using var rounded = new Bf16HeadShortlist(head);
        var expected = hidden.to(float64).matmul(head.to(float64).t()).to(float32).argmax(1).data<long>().Select(t => (int?)t).ToArray();
        Assert.Equal(expected, rounded.Argmax(hidden));
        if (positions == 300)
        {
            var inBfloat16 = hidden.matmul(head.to(bfloat16).to(float32).t()).argmax(1).data<long>();
            Assert.InRange(inBfloat16.Where((t, i) => t != expected[i]).Count(), 50, 300);
        }
    }

    // bfloat16 rounds one factor of many products down by the same amount, so the errors add up.
    // The largest logit becomes 0 instead of 0.12, which is less than the second, 0.06.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Roundings_that_add_up_to_more_than_the_logits_are_reckoned_with(bool ofWeights)
    {
        using var scope = NewDisposeScope();
        const int third = Width / 3;
        float[] inexact = [.. Enumerable.Repeat(1.00385f, third)], one = [.. Enumerable.Repeat(1f, third)], none = new float[third];
        float[] best = [.. ofWeights ? inexact : one, .. none, .. one],
            next = [.. none, .. one[8..], .. Enumerable.Repeat(1 + (1 / 128f), 8), .. one];
        float[] x = [.. ofWeights ? one : inexact, .. one, .. one.Select(v => -v)];
        using var rounded = new Bf16HeadShortlist(tensor(next.Concat(best).ToArray(), [2, Width]));
        foreach (var positions in new[] { 1, 40 })
            Assert.All(rounded.Argmax(tensor(x).repeat(positions, 1)), t => Assert.Equal(1, t));
    }

    [Theory]
    [InlineData(1e-12)]
    [InlineData(1e-24)] // Squares are 0 in float32.
    [InlineData(1e-36)]
    [InlineData(1e12)]
    public void Hidden_states_of_any_size_are_told_apart_or_left_to_the_head(double scale)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(7, CPU);
        var hidden = randn([40, Width], float32, generator: generator) * scale;
        var head = Alike(100, generator) - 3; // All logits of some positions are negative.
        using var rounded = new Bf16HeadShortlist(head);
        var expected = hidden.to(float64).matmul(head.to(float64).t()).to(float32).argmax(1).data<long>().ToArray();
        foreach (var positions in new[] { 8, 40 })
            Assert.All(
                rounded.Argmax(hidden.narrow(0, 0, positions)).Index(),
                t => Assert.True(t.Item is null || t.Item == expected[t.Index], $"position {t.Index}"));
    }

    [Fact]
    public void Of_equal_logits_the_first_counts()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(4, CPU);
        var hidden = randn([40, Width], float32, generator: generator);
        using var rounded = new Bf16HeadShortlist(randn([Vocabulary / 2, Width], float32, generator: generator).repeat(2, 1));
        Assert.All(rounded.Argmax(hidden), t => Assert.InRange(t!.Value, 0, (Vocabulary / 2) - 1));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(1e38f)] // Sums overflow.
    public void What_is_not_finite_and_what_is_all_in_doubt_is_left_to_the_head(float value)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(5, CPU);
        var (hidden, head) = (randn([40, Width], float32, generator: generator), randn([Vocabulary, Width], float32, generator: generator));
        hidden[3, 5] = value;
        hidden[4] = zeros([Width], float32); // All tokens are equally probable.
        using (var rounded = new Bf16HeadShortlist(head))
            Assert.Equal([3, 4], rounded.Argmax(hidden).Index().Where(t => t.Item is null).Select(t => t.Index));
        head[17, 5] = value;
        using (var rounded = new Bf16HeadShortlist(head))
            Assert.All(rounded.Argmax(hidden), Assert.Null);
    }

    [Fact]
    public void A_model_gives_the_tokens_of_its_logits_before_and_after_it_is_rebound()
    {
        using var scope = NewDisposeScope();
        using var model = LanguageModel.Load(Fixtures.Path("memorization", "ckpt_000"));
        using var generator = new Generator(6, CPU);
        var hidden = randn([50, model.Config.HiddenSize], float32, generator: generator);
        hidden[7] = zeros([model.Config.HiddenSize], float32);
        hidden[8] *= 1e30f; // Its squares overflow, so the full head decides.
        foreach (var checkpoint in new[] { "ckpt_000", "ckpt_001" })
        {
            model.Rebind(Fixtures.Path("memorization", checkpoint));
            Assert.NotNull(model.HeadShortlistFor(hidden.narrow(0, 0, 16)));
            foreach (var positions in new[] { 16, 50 })
                Assert.Equal(
                    model.Logits(hidden).narrow(0, 0, positions).argmax(1).data<long>(),
                    HeadReduction.Argmax(model, hidden.narrow(0, 0, positions)).Select(t => (long)t));
        }
    }

    [Fact]
    public void A_hidden_state_that_is_not_a_number_has_no_token_and_the_others_have_theirs()
    {
        using var scope = NewDisposeScope();
        using var model = LanguageModel.Load(Fixtures.Path("memorization", "ckpt_000"));
        using var generator = new Generator(8, CPU);
        var hidden = randn([10, model.Config.HiddenSize], float32, generator: generator);
        var expected = HeadReduction.Argmax(model, hidden);
        hidden[3, 1] = float.NaN;
        expected[3] = -1;
        Assert.Equal(expected, HeadReduction.Argmax(model, hidden));
    }

    [Fact]
    public void Of_weights_that_others_may_change_nothing_is_kept()
    {
        using var scope = NewDisposeScope();
        using var model = FixtureModels.WithHead(w => w);
        Assert.Null(model.HeadShortlistFor(zeros([1, model.Config.HiddenSize], float32)));
    }

    // Weights in groups of five tokens that differ by about 1/4000. bfloat16 resolves 1/256.
    private static Tensor Alike(int groups, Generator generator) =>
        randn([groups, Width], float32, generator: generator).repeat(5, 1)
            * (1 + (randn([5 * groups, Width], float32, generator: generator) / 4000));
}
