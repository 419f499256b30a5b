// Scores one task with one model: every item with its tokens and log-likelihoods.
namespace Llm360.Notebooks;

/// <summary>A scored item of a task with choices.</summary>
/// <param name="Item">Prompts, continuations, target.</param>
/// <param name="Tokens">Tokens of each request, before truncation.</param>
/// <param name="Scores">Score of each request.</param>
internal sealed record ScoredItem(ItemRequests Item, IReadOnlyList<TokenRequest> Tokens, IReadOnlyList<ContinuationScore> Scores)
{
    /// <summary>The values of each choice for metrics.</summary>
    public IReadOnlyList<ChoiceScore> Choices => [.. Item.Requests.Select((r, i) =>
        new ChoiceScore(Scores[i].LogLikelihood, PythonText.Length(r.Choice), PythonText.Bytes(r.Choice), Item.Labels?[i]))];
}

/// <summary>A scored document of a rolling task.</summary>
/// <param name="Item">The item.</param>
/// <param name="Text">The document.</param>
/// <param name="Source">Its source; null if the task names none.</param>
/// <param name="Ids">Its tokens; all are predicted.</param>
/// <param name="Windows">The windows.</param>
/// <param name="Scores">Score of each window.</param>
internal sealed record ScoredDocument(
    TaskItem Item, string Text, string? Source, int[] Ids, IReadOnlyList<RollingWindow> Windows, IReadOnlyList<ContinuationScore> Scores)
{
    /// <summary>The sum over the windows.</summary>
    public double LogLikelihood => Scores.Sum(s => s.LogLikelihood);
}

/// <summary>Scores tasks.</summary>
internal static class TaskScoring
{
    /// <summary>Scores a task of choices.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="task">The task.</param>
    /// <param name="content">Its items.</param>
    /// <param name="settings">Few-shot examples and other settings.</param>
    /// <param name="options">How requests are scored.</param>
    /// <param name="cancellation">Checked before every pass.</param>
    public static IReadOnlyList<ScoredItem> Choices(
        LanguageModel model,
        ITokenizer tokenizer,
        EvaluationTask task,
        TaskContent content,
        EvaluationSettings settings,
        ScoringOptions? options = null,
        CancellationToken cancellation = default)
    {
        var items = Requests(task, content, settings);
        var tokens = Split(tokenizer, items, settings.Bos);
        var owners = items.SelectMany(i => i.Requests.Select(_ => i)).ToList();
        var flat = tokens.SelectMany(t => t).ToList();
        var scores = RequestScoring.Score(model, flat, options ?? new(), i => owners[i].Item.Place, Tell(task), cancellation);
        var at = 0;
        return [.. items.Zip(tokens, (item, its) => new ScoredItem(item, its, scores[at..(at += its.Count)]))];
    }

    /// <summary>The items with their prompts.</summary>
    public static IReadOnlyList<ItemRequests> Requests(EvaluationTask task, TaskContent content, EvaluationSettings settings) =>
        TaskRequests.Build(
        task, Limited(content.Items, settings), content.Pool, settings.Fewshot ?? task.FewshotCount, settings.Sampling, settings.Seed);

    /// <summary>The tokens of items.</summary>
    public static IReadOnlyList<IReadOnlyList<TokenRequest>> Split(ITokenizer tokenizer, IReadOnlyList<ItemRequests> items, bool bos)
    {
        var splitter = new RequestTokens(tokenizer, bos);
        return [.. items.Select(i => (IReadOnlyList<TokenRequest>)[.. i.Requests.Select(r =>
            splitter.Split(r.Context, r.Continuation, i.Item.Place))])];
    }

    /// <summary>Scores a rolling task.</summary>
    /// <inheritdoc cref="Choices" path="/param"/>
    public static IReadOnlyList<ScoredDocument> Documents(
        LanguageModel model,
        ITokenizer tokenizer,
        EvaluationTask task,
        TaskContent content,
        EvaluationSettings settings,
        ScoringOptions? options = null,
        CancellationToken cancellation = default)
    {
        var splitter = new RequestTokens(tokenizer, settings.Bos);
        var documents = Limited(content.Items, settings).Select(item =>
        {
            var text = task.Text!.Text(item);
            var ids = splitter.Encode(text);
            return (Item: item, Text: text, Ids: ids, Windows: RollingWindow.Of(ids, splitter.Prefix, model.Config.MaximumLength).ToList());
        }).ToList();
        var owners = documents.SelectMany(d => d.Windows.Select(_ => d.Item)).ToList();
        var flat = documents.SelectMany(d => d.Windows.Select(w => w.Request)).ToList();
        var scores = RequestScoring.Score(model, flat, options ?? new(), i => owners[i].Place, Tell(task), cancellation);
        var at = 0;
        return [.. documents.Select(d => new ScoredDocument(
            d.Item, d.Text, task.Source?.Text(d.Item), d.Ids, d.Windows, scores[at..(at += d.Windows.Count)]))];
    }

    private static IReadOnlyList<TaskItem> Limited(IReadOnlyList<TaskItem> items, EvaluationSettings settings) =>
        settings.Limit is { } limit && limit < items.Count ? [.. items.Take(limit)] : items;

    private static Action<int, int>? Tell(EvaluationTask task) => AmbientWork.Progress is not { } progress ? null
        : (done, all) => progress.Report(new WorkProgress($"evaluate {task.Name}", done, all, "requests"));
}
