// The scores of a request do not depend on the rest of its batch: the bits are equal.
namespace Llm360.Notebooks.Tests;

public sealed class BatchInvarianceTests
{
    // Few-shot prompts, choices of one token, choices of many tokens, differing contexts, and no
    // context.
    public static TheoryData<string, int> Tasks =>
        new() { { "arc", 5 }, { "mmlu_law", 5 }, { "hellaswag", 0 }, { "winogrande", 5 }, { "crows_pairs", 0 } };

    [Theory]
    [MemberData(nameof(Tasks))]
    public void Rows_at_once_and_shared_prefixes_do_not_change_a_bit(string task, int fewshot)
    {
        var requests = Requests(task, fewshot);
        var expected = Bits(EvaluationFixture.Model, requests, new ScoringOptions(RowsAtOnce: 64));
        foreach (var rows in new[] { 1, 7 })
            Assert.Equal(expected, Bits(EvaluationFixture.Model, requests, new ScoringOptions(rows)));
        Assert.Equal(expected, Bits(EvaluationFixture.Model, requests, new ScoringOptions(SharePrefixes: false)));
        Assert.Equal(expected, Bits(EvaluationFixture.Model, requests, new ScoringOptions(RowsAtOnce: 1, SharePrefixes: false)));
    }

    [Fact]
    public void Threads_and_other_items_do_not_change_a_bit()
    {
        var requests = Requests("arc", 5);
        var expected = Bits(EvaluationFixture.Model, requests, new());
        using (OperatorThreads.LimitToOne())
            Assert.Equal(expected, Bits(EvaluationFixture.Model, requests, new()));
        // Several requests are divided among threads, a single one is computed on this thread.
        Assert.Equal(expected, requests.SelectMany(r => Bits(EvaluationFixture.Model, [r], new())));
        Assert.Equal(expected[3..8], Bits(EvaluationFixture.Model, requests[3..8], new()));
        Assert.Equal(expected.Reverse(), Bits(EvaluationFixture.Model, [.. requests.AsEnumerable().Reverse()], new()));
    }

    [Theory]
    [InlineData("llama-gqa")]
    [InlineData("llama-bf16")]
    [InlineData("llama-bias")]
    [InlineData("neox")]
    [InlineData("neox-gelu-fast")]
    [InlineData("crystal")]
    public void It_holds_for_every_family(string fixture)
    {
        using var model = LanguageModel.Load(Fixtures.Path("models", fixture), Device.Cpu);
        var random = SplitMix64.For(7, fixture);
        int[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => (int)(random.Next() % (ulong)model.Config.VocabularySize))];
        var shot = Draw(model.Config.MaximumLength / 3);
        List<TokenRequest> requests = [];
        for (var item = 0; item < 9; item++)
        {
            int[] context = [.. shot, .. Draw(3 + item)];
            requests.AddRange(Enumerable.Range(1, 3).Select(n => new TokenRequest(context, Draw(n))));
        }

        var expected = Bits(model, requests, new ScoringOptions(RowsAtOnce: 64));
        foreach (var options in new ScoringOptions[] { new(1), new(7), new(64, SharePrefixes: false) })
            Assert.Equal(expected, Bits(model, requests, options));
        using (OperatorThreads.LimitToOne())
            Assert.Equal(expected, Bits(model, requests, new()));
    }

    [Fact]
    public void Equal_choices_tie_exactly()
    {
        var task = EvaluationFixture.Task("arc");
        var settings = new EvaluationSettings();
        var item = TaskScoring.Choices(EvaluationFixture.Model, EvaluationFixture.Tokenizer, task,
            EvaluationFixture.Content(task, settings), settings)[1];
        Assert.Equal(item.Item.Requests[0].Choice, item.Item.Requests[2].Choice);
        Assert.Equal(item.Scores[0], item.Scores[2]);
    }

    [Fact]
    public void A_prefix_tree_computes_each_common_beginning_once()
    {
        int[] shot = [.. Enumerable.Range(0, 20)], question = [.. Enumerable.Range(30, 10)];
        PrefixLeaf[] leaves =
        [
            .. Enumerable.Range(0, 3).Select(choice => new PrefixLeaf([.. shot, .. question, 90 + choice, 99], First: 29)),
            new([.. shot, 50, 51, 52], First: 22),
            new([70, 71], First: 0),
        ];
        var roots = PrefixTree.Build(leaves, share: true);
        Assert.Equal([20, 2], roots.Select(r => r.Tokens.Length));
        // The last token of the question predicts the first token of each choice, so each choice
        // computes it.
        Assert.Equal([9, 3], roots[0].Children.Select(c => c.Tokens.Length).OrderDescending());
        Assert.Equal([3, 3, 3], roots[0].Children.Single(c => c.Leaf is null).Children.Select(c => c.Tokens.Length));
        Assert.Equal(20 + 9 + 9 + 3 + 2, roots.Sum(r => r.Work));
        Assert.Equal(leaves.Sum(l => l.Tokens.Length), PrefixTree.Build(leaves, share: false).Sum(r => r.Work));
    }

    private static List<TokenRequest> Requests(string name, int fewshot)
    {
        var task = EvaluationFixture.Task(name);
        var settings = new EvaluationSettings(fewshot);
        var items = TaskScoring.Requests(task, EvaluationFixture.Content(task, settings), settings);
        return [.. TaskScoring.Split(EvaluationFixture.Tokenizer, items, bos: true).SelectMany(t => t)];
    }

    private static long[] Bits(LanguageModel model, IReadOnlyList<TokenRequest> requests, ScoringOptions options) =>
        [.. RequestScoring.Score(model, requests, options, i => $"request {i}", null, CancellationToken.None)
            .Select(s => BitConverter.DoubleToInt64Bits(s.LogLikelihood))];
}
