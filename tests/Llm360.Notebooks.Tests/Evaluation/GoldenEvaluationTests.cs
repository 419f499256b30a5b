// All golden files of lm-eval 0.4.13: prompts, tokens, log-likelihoods, choices and metrics.
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.Tests;

public sealed class GoldenEvaluationTests
{
    // The tolerance for mc2 and likelihood_diff of an item. Accuracies must be equal.
    private const double OfMetric = 2e-4;

    public static TheoryData<string> Choices =>
        [.. EvaluationFixture.Runs.Where(r => IsTask(r) && !r.StartsWith("documents", StringComparison.Ordinal))];

    public static TheoryData<string> Documents =>
        [.. EvaluationFixture.Runs.Where(r => r.StartsWith("documents", StringComparison.Ordinal))];

    public static TheoryData<string> Groups => [.. EvaluationFixture.Runs.Where(r => !IsTask(r))];

    [Theory]
    [MemberData(nameof(Choices))]
    public void A_task_of_choices_agrees_with_lm_eval(string run)
    {
        var expected = EvaluationFixture.Expected(run);
        var task = EvaluationFixture.Task((string)expected["task"]!);
        var settings = EvaluationFixture.Settings(expected);
        var scored = TaskScoring.Choices(
            EvaluationFixture.Model, EvaluationFixture.Tokenizer, task, EvaluationFixture.Content(task, settings), settings);
        var items = expected["items"]!.AsArray();
        Assert.Equal(items.Count, scored.Count);
        foreach (var (item, mine) in items.Zip(scored))
            AssertItem(item!, mine, task);
        foreach (var metric in task.Metrics)
            AssertResult(expected["results"]!, metric,
                TaskMetrics.Mean([.. scored.Select(s => TaskMetrics.OfItem(metric, s.Choices, s.Item.Target))]));
        Assert.Equal((int)expected["results"]!["sample_len"]!, scored.Count);
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Rolling_perplexity_agrees_with_lm_eval(string run)
    {
        var expected = EvaluationFixture.Expected(run);
        var task = EvaluationFixture.Task("documents");
        var settings = EvaluationFixture.Settings(expected);
        var scored = TaskScoring.Documents(
            EvaluationFixture.Model, EvaluationFixture.Tokenizer, task, EvaluationFixture.Content(task, settings), settings);
        var items = expected["items"]!.AsArray();
        Assert.Equal(items.Count, scored.Count);
        foreach (var (item, mine) in items.Zip(scored))
        {
            Assert.Equal(Ints(item!["ids"]), mine.Ids);
            Assert.Equal((int)item["words"]!, PythonText.Words(mine.Text));
            Assert.Equal((int)item["bytes"]!, PythonText.Bytes(mine.Text));
            var windows = item["windows"]!.AsArray();
            Assert.Equal(windows.Select(w => ((int)w!["start"]!, (int)w["length"]!, (int)w["context_length"]!)),
                mine.Windows.Select(w => (w.Start, w.Request.Continuation.Length, w.Request.Context.Length)));
            foreach (var (window, score) in windows.Zip(mine.Scores))
                Assert.Equal((double)window!["loglikelihood"]!, score.LogLikelihood, EvaluationFixture.OfWindow);
        }

        List<(double, int, int)> totals = [.. scored.Select(s => (s.LogLikelihood, PythonText.Words(s.Text), PythonText.Bytes(s.Text)))];
        foreach (var metric in task.Metrics)
        {
            var value = (double)expected["results"]![$"{metric},none"]!;
            Assert.Equal(1, TaskMetrics.Rolling(metric, totals).Value / value, 1e-5);
        }
    }

    [Theory]
    [MemberData(nameof(Groups))]
    public void A_group_agrees_with_lm_eval(string run)
    {
        var expected = EvaluationFixture.Expected(run);
        var group = (TaskGroup)EvaluationFixture.Open((string)expected["group"]!);
        Assert.Equal(expected["leaves"]!.AsArray().Select(l => (string)l!), group.Leaves.Select(l => l.Name));
        var leaves = group.Leaves.Select(leaf =>
        {
            var results = EvaluationFixture.Expected($"{leaf.Name}.{run.Split('.')[1]}")["results"]!;
            return new MetricValue((double)results["acc,none"]!, (double)results["acc_stderr,none"]!, (int)results["sample_len"]!);
        }).ToList();
        var value = TaskMetrics.Group(leaves, group.WeightBySize);
        Assert.Equal((double)expected["results"]!["acc,none"]!, value.Value, 1e-12);
        Assert.Equal((double)expected["results"]!["acc_stderr,none"]!, value.StandardError, 1e-12);
        Assert.Equal((int)expected["results"]!["sample_len"]!, value.Items);
    }

    [Fact]
    public void Single_pairs_follow_the_rules_one_by_one()
    {
        var expected = EvaluationFixture.Expected("pairs");
        var splitter = new RequestTokens(EvaluationFixture.Tokenizer, bos: true);
        // transformers encodes <s> in a text as a special token; SentencePiece does not.
        var pairs = expected["pairs"]!.AsArray().Where(p => !(bool)p!["special_in_text"]!).ToList();
        Assert.Equal(expected["pairs"]!.AsArray().Count - 4, pairs.Count);
        var requests = pairs.Select(p => splitter.Split((string)p!["context"]!, (string)p["continuation"]!, "pair")).ToList();
        foreach (var (pair, request) in pairs.Zip(requests))
        {
            Assert.Equal(Ints(pair!["context_ids"]), request.Context);
            Assert.Equal(Ints(pair["continuation_ids"]), request.Continuation);
        }

        var scores = RequestScoring.Score(EvaluationFixture.Model, requests, new(), i =>
            $"pair {i}", null, TestContext.Current.CancellationToken);
        foreach (var (pair, score) in pairs.Zip(scores))
        {
            Assert.Equal((double)pair!["loglikelihood"]!, score.LogLikelihood, EvaluationFixture.OfWindow);
            Assert.Equal((bool)pair["is_greedy"]!, score.IsGreedy);
        }

        Assert.Contains(scores, s => s.IsGreedy);
    }

    [Fact]
    public void Strided_perplexity_counts_every_scored_token_once()
    {
        var expected = EvaluationFixture.Expected("strided");
        foreach (var run in expected["runs"]!.AsArray())
        {
            var result = EvaluationFixture.Model.Perplexity(Ints(expected["ids"]), (int)run!["window"]!, (int)run["stride"]!);
            Assert.Equal((int)run["tokens"]!, result.Tokens);
            Assert.Equal((double)run["nll_sum"]! / result.Tokens, result.Loss, 2e-6);
            Assert.Equal(1, result.Perplexity / (double)run["perplexity"]!, 1e-5);
        }
    }

    [Fact]
    public void Random_numbers_are_those_of_Python()
    {
        foreach (var seed in EvaluationFixture.Expected("python_random")["seeds"]!.AsArray())
        {
            PythonRandom Fresh() => new((ulong)(long)seed!["seed"]!);
            var words = Fresh();
            Assert.Equal(seed!["getrandbits32"]!.AsArray().Select(w => (long)w!), seed["getrandbits32"]!.AsArray()
                .Select(_ => (long)words.Word()));
            var below = Fresh();
            foreach (var call in seed["randrange"]!.AsArray())
                Assert.Equal((long)call!["value"]!, below.Below((long)call["n"]!));
            var sample = Fresh();
            foreach (var call in seed["sample"]!.AsArray())
                Assert.Equal(Ints(call!["indices"]), sample.Sample((int)call["n"]!, (int)call["k"]!));
        }
    }

    private static void AssertItem(JsonNode item, ScoredItem mine, EvaluationTask task)
    {
        Assert.Equal((int)item["doc_id"]!, mine.Item.Item.Index);
        Assert.Equal(item["fewshot"] is { } shots ? Ints(shots) : [], mine.Item.Fewshot);
        Assert.Equal((int)item["target"]!, mine.Item.Target);
        var (contexts, requests) = (item["contexts"]!.AsArray(), item["requests"]!.AsArray());
        Assert.Equal(requests.Count, mine.Item.Requests.Count);
        for (var i = 0; i < requests.Count; i++)
        {
            var context = contexts[(int)requests[i]!["context"]!]!;
            Assert.Equal((string)context["text"]!, mine.Item.Requests[i].Context);
            Assert.Equal(Ints(context["ids"]), mine.Tokens[i].Context);
            Assert.Equal((string)requests[i]!["continuation"]!, mine.Item.Requests[i].Continuation);
            Assert.Equal(Ints(requests[i]!["ids"]), mine.Tokens[i].Continuation);
            Assert.Equal((double)requests[i]!["loglikelihood"]!, mine.Scores[i].LogLikelihood, EvaluationFixture.OfChoice);
            Assert.Equal((bool)requests[i]!["is_greedy"]!, mine.Scores[i].IsGreedy);
        }

        foreach (var metric in task.Metrics)
        {
            if (TaskMetrics.Choice(metric, mine.Choices) is { } choice)
                Assert.Equal((int)item["choice"]![metric]!, choice);
            var value = (double)item["metrics"]![TaskMetrics.ReportedName(metric)]!;
            Assert.Equal(value, TaskMetrics.OfItem(metric, mine.Choices, mine.Item.Target), IsRounded(metric) ? OfMetric : 0);
        }
    }

    private static void AssertResult(JsonNode results, string metric, MetricValue value)
    {
        var name = TaskMetrics.ReportedName(metric);
        Assert.Equal((double)results[$"{name},none"]!, value.Value, IsRounded(metric) ? OfMetric : 1e-12);
        Assert.Equal((double)results[$"{name}_stderr,none"]!, value.StandardError, IsRounded(metric) ? OfMetric : 1e-12);
    }

    private static bool IsRounded(string metric) => metric is "mc2" or "likelihood_diff";

    private static bool IsTask(string run) => EvaluationFixture.Open(run.Split('.')[0]) is EvaluationTask;

    private static int[] Ints(JsonNode? list) => [.. list!.AsArray().Select(i => (int)i!)];
}
