// A task with items from a data set on the Hub: fetched once, then read from the cache.
namespace Llm360.Notebooks.Tests;

[Collection(nameof(HubEnvironment))]
public sealed class HubTaskTests : IAsyncLifetime
{
    private readonly HubEnvironment environment = new();
    private readonly TemporaryFolder folder = new();
    private ImitationHub hub = null!;

    public async ValueTask InitializeAsync()
    {
        hub = await ImitationHub.StartAsync(TestContext.Current.CancellationToken);
        environment["HF_ENDPOINT"] = hub.Endpoint.ToString();
        environment["HF_HOME"] = folder["home"];
    }

    public async ValueTask DisposeAsync()
    {
        await hub.DisposeAsync();
        environment.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void Items_and_examples_come_from_the_named_files()
    {
        var from = Fixtures.Path("evaluation", "tasks", "arc");
        foreach (var file in new[] { "test.jsonl", "fewshot.jsonl" })
            hub.Add("datasets/org/arc", "main", $"small/{file}", HubContent.Small(File.ReadAllBytes(Path.Combine(from, file))));
        var text = File.ReadAllText(Path.Combine(from, "task.json")).Replace(
            "\"fewshot_file\": \"fewshot.jsonl\"",
            """
            "data": {"repository": "org/arc", "revision": "main", "file": "small/test.jsonl", "fewshot_file": "small/fewshot.jsonl"}
            """,
            StringComparison.Ordinal);
        File.WriteAllText(folder["task.json"], text);
        var task = (EvaluationTask)EvaluationTasks.Open(folder["task.json"]);
        var settings = new EvaluationSettings(3);
        Assert.Equal(Prompts(EvaluationFixture.Task("arc"), settings), Prompts(task, settings));
        var requests = hub.Requests.Count;
        Assert.Equal(Prompts(EvaluationFixture.Task("arc"), settings), Prompts(task, settings));
        Assert.Equal(requests, hub.Requests.Count);
        // The identity includes the commit, so another commit makes stored results stale.
        var identity = new TaskGridItem(task, Suites.Open("amber"), NeedsPool: true).Identity;
        Assert.NotNull(identity);
        Directory.Delete(folder["home"], recursive: true);
        hub.Add("datasets/org/arc", "other", "small/test.jsonl", HubContent.Small([1]));
        File.WriteAllText(folder["task.json"], text.Replace("\"main\"", "\"other\"", StringComparison.Ordinal));
        var other = (EvaluationTask)EvaluationTasks.Open(folder["task.json"]);
        Assert.NotEqual(identity, new TaskGridItem(other, Suites.Open("amber"), NeedsPool: true).Identity);
    }

    [Fact]
    public void A_file_that_the_data_set_does_not_have_is_an_error()
    {
        hub.Add("datasets/cais/mmlu", "main", "README.md", HubContent.Small([1]));
        var law = (EvaluationTask)EvaluationTasks.Open("mmlu_international_law");
        var error = Assert.Throws<Llm360Exception>(() => EvaluationFixture.Content(law, new EvaluationSettings(5)));
        Assert.Contains("international_law/test-00000-of-00001.parquet", error.What, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Prompts(EvaluationTask task, EvaluationSettings settings) =>
        TaskScoring.Requests(task, EvaluationFixture.Content(task, settings), settings).SelectMany(i => i.Requests.Select(r => r.Context));
}
