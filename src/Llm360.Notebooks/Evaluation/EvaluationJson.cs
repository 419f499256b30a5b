// A task's results in the format of lm-eval's golden files: results and items.
using System.Text.Json.Nodes;

namespace Llm360.Notebooks;

/// <summary>Writes evaluations of one model as JSON.</summary>
internal static class EvaluationJson
{
    /// <summary>The results of a task or a group under one model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="entry">The task or the group.</param>
    /// <param name="settings">Few-shot examples and other settings.</param>
    /// <param name="suite">For tasks whose items are made from a suite; null for none.</param>
    /// <param name="options">How requests are scored.</param>
    /// <param name="cancellation">Checked before every pass.</param>
    public static JsonObject Run(
        LanguageModel model, ITokenizer tokenizer, TaskEntry entry, EvaluationSettings settings, Suite? suite, ScoringOptions options,
            CancellationToken cancellation)
    {
        settings.Check();
        if (entry is EvaluationTask task)
            return Run(model, tokenizer, task, settings, suite, options, cancellation).Json;
        var group = (TaskGroup)entry;
        var leaves = group.Leaves.ToDictionary(l => l, l => Run(model, tokenizer, l, settings, suite, options, cancellation));
        var value = TaskMetrics.Group([.. leaves.Select(l => l.Value.Values[group.Metric])], group.WeightBySize);
        return new JsonObject
        {
            ["group"] = group.Name,
            ["leaves"] = new JsonArray([.. group.Leaves.Select(l => (JsonNode)l.Name)]),
            ["results"] = new JsonObject
            {
                [$"{group.Metric},none"] = value.Value,
                [$"{group.Metric}_stderr,none"] = Error(value),
                ["sample_count"] = new JsonObject { [$"{group.Metric},none"] = value.Items },
                ["sample_len"] = value.Items,
            },
            ["tasks"] = new JsonArray([.. leaves.Values.Select(l => (JsonNode)l.Json)]),
        };
    }

    private static (JsonObject Json, IReadOnlyDictionary<string, MetricValue> Values) Run(
        LanguageModel model, ITokenizer tokenizer, EvaluationTask task, EvaluationSettings settings, Suite? suite,
            ScoringOptions options, CancellationToken cancellation)
    {
        var fewshot = settings.Fewshot ?? task.FewshotCount;
        var rolling = task.Kind == TaskKind.Rolling;
        var content = TaskContent.Read(task, suite, !rolling && fewshot > 0, cancellation);
        var json = new JsonObject { ["task"] = task.Name };
        Dictionary<string, MetricValue> values;
        JsonArray items;
        if (rolling)
        {
            var scored = TaskScoring.Documents(model, tokenizer, task, content, settings, options, cancellation);
            List<(double, int, int)> totals = [.. scored.Select(d =>
                (d.LogLikelihood, PythonText.Words(d.Text), PythonText.Bytes(d.Text)))];
            values = task.Metrics.ToDictionary(m => m, m => TaskMetrics.Rolling(m, totals));
            items = [.. scored.Select(d => (JsonNode)Document(d))];
        }
        else
        {
            var scored = TaskScoring.Choices(model, tokenizer, task, content, settings, options, cancellation);
            values = task.Metrics.ToDictionary(
                TaskMetrics.ReportedName, m => TaskMetrics.Mean([.. scored.Select(s => TaskMetrics.OfItem(m, s.Choices, s.Item.Target))]));
            items = [.. scored.Select(s => (JsonNode)Item(task, s, fewshot))];
            json["num_fewshot"] = fewshot;
            if (fewshot > 0)
                json["sampler"] = settings.Sampling == FewshotSampling.Random ? "random" : "first_n";
        }

        json["add_bos"] = settings.Bos;
        var results = new JsonObject();
        foreach (var (name, value) in values)
            (results[$"{name},none"], results[$"{name}_stderr,none"]) = (Number(value.Value), Error(value));
        results["sample_len"] = items.Count;
        json["results"] = results;
        json["items"] = items;
        return (json, values);
    }

    private static JsonObject Item(EvaluationTask task, ScoredItem scored, int fewshot)
    {
        var (contexts, requests, last) = (new JsonArray(), new JsonArray(), (string?)null);
        foreach (var (i, request) in scored.Item.Requests.Index())
        {
            if (request.Context != last)
                contexts.Add(new JsonObject { ["text"] = last = request.Context, ["ids"] = Ids(scored.Tokens[i].Context) });
            requests.Add(new JsonObject
            {
                ["context"] = contexts.Count - 1,
                ["continuation"] = request.Continuation,
                ["ids"] = Ids(scored.Tokens[i].Continuation),
                ["loglikelihood"] = scored.Scores[i].LogLikelihood,
                ["is_greedy"] = scored.Scores[i].IsGreedy,
            });
        }

        var item = new JsonObject { ["doc_id"] = scored.Item.Item.Index };
        if (fewshot > 0)
            item["fewshot"] = Ids(scored.Item.Fewshot);
        item["target"] = scored.Item.Target;
        item["contexts"] = contexts;
        item["requests"] = requests;
        var (choice, metrics) = (new JsonObject(), new JsonObject());
        foreach (var metric in task.Metrics)
        {
            if (TaskMetrics.Choice(metric, scored.Choices) is { } chosen)
                choice[metric] = chosen;
            metrics[TaskMetrics.ReportedName(metric)] = Number(TaskMetrics.OfItem(metric, scored.Choices, scored.Item.Target));
        }

        (item["choice"], item["metrics"]) = (choice, metrics);
        return item;
    }

    private static JsonObject Document(ScoredDocument document) => new()
    {
        ["doc_id"] = document.Item.Index,
        ["ids"] = Ids(document.Ids),
        ["windows"] = new JsonArray([.. document.Windows.Zip(document.Scores, (w, s) => (JsonNode)new JsonObject
        {
            ["start"] = w.Start,
            ["length"] = w.Request.Continuation.Length,
            ["context_length"] = w.Request.Context.Length,
            ["loglikelihood"] = s.LogLikelihood,
        })]),
        ["loglikelihood"] = document.LogLikelihood,
        ["words"] = PythonText.Words(document.Text),
        ["bytes"] = PythonText.Bytes(document.Text),
    };

    private static JsonArray Ids(IReadOnlyList<int> ids) => [.. ids.Select(i => (JsonNode)i)];

    private static JsonNode Error(MetricValue value) => double.IsNaN(value.StandardError) ? "N/A" : value.StandardError;

    // JSON has no infinity, but a perplexity may be infinite.
    private static JsonNode Number(double value) => double.IsFinite(value) ? value : "N/A";
}
