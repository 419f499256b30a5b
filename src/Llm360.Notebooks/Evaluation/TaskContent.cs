// The items of a task, from any source.
namespace Llm360.Notebooks;

/// <summary>The evaluated items of a task and its few-shot pool.</summary>
/// <param name="Items">At least one.</param>
/// <param name="Pool">Few-shot examples; may be empty.</param>
internal sealed record TaskContent(IReadOnlyList<TaskItem> Items, IReadOnlyList<TaskItem> Pool)
{
    /// <summary>Reads the items; those on the Hub are fetched first.</summary>
    /// <param name="task">The task.</param>
    /// <param name="suite">The suite, for items made by a rule; null for none.</param>
    /// <param name="needsPool">Whether few-shot examples are needed.</param>
    /// <param name="cancellation">Stops fetching.</param>
    /// <exception cref="Llm360Exception">
    /// A file is missing, empty or malformed, or the rule needs a suite.
    /// </exception>
    public static TaskContent Read(EvaluationTask task, Suite? suite, bool needsPool, CancellationToken cancellation)
    {
        if (task.Data.Rule is { } rule)
        {
            var (items, pool) = SuiteItems.Make(rule, suite ?? throw new Llm360Exception(
                $"The items of {task.Name} are made from a suite's held-out text.", task.Where,
                    "Name a suite: llm360 evaluate -s nano --tasks " + task.Name));
            return new TaskContent(items, pool);
        }

        var files = Files(task, needsPool, cancellation);
        var evaluated = TaskFiles.Read(files.Items);
        return new TaskContent(evaluated, files.Pool is null ? [] : files.Pool == files.Items ? evaluated : TaskFiles.Read(files.Pool));
    }

    /// <summary>The files of a task; those on the Hub are fetched first.</summary>
    public static (string Items, string? Pool) Files(EvaluationTask task, bool needsPool, CancellationToken cancellation)
    {
        if (task.Data.FewshotFile is null && needsPool)
            throw new Llm360Exception($"The task {task.Name} has no few-shot examples.", task.Where,
                "Ask for 0 few-shot examples, or name a fewshot_file.");
        string[] names = needsPool ? [task.Data.File, task.Data.FewshotFile!] : [task.Data.File];
        var folder = task.Data.Hub is { } hub ? Fetch(hub, names, cancellation) : Path.GetDirectoryName(task.Where)!;
        string[] paths = [.. names.Select(n => Path.Combine(folder, n))];
        return (paths[0], paths.Length > 1 ? paths[1] : null);
    }

    private static string Fetch(HubLocation place, string[] names, CancellationToken cancellation)
    {
        return FetchAsync().GetAwaiter().GetResult();

        async Task<string> FetchAsync()
        {
            using var hub = new HubClient();
            var revision = await hub.ResolveAsync(place, cancellation).ConfigureAwait(false);
            var entries = new List<HubEntry>();
            foreach (var name in names.Distinct())
                entries.Add(await revision.EntryAsync(name, cancellation).ConfigureAwait(false));
            return await revision.DownloadAsync(entries, cancellation: cancellation).ConfigureAwait(false);
        }
    }
}
