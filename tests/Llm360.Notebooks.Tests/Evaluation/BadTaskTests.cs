// Bad tasks, items and settings give one error each, with file, line and item.
using Parquet.Serialization;

namespace Llm360.Notebooks.Tests;

public sealed class BadTaskTests : IDisposable
{
    private const string Task = """
        {
          "name": "mine", "type": "multiple_choice",
          "prompt": [{"field": "question"}], "choices": {"field": "choices"}, "target": {"field": "answer"},
          "metrics": ["acc"]
        }
        """;

    private const string Item = """{"question": "it", "choices": ["or", "neck"], "answer": 1}""";

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("\"metrics\"", "\"metriks\": 1, \"metrics\"", "the key \"metriks\" is unknown", "task.json, line 4")]
    [InlineData("\"acc\"", "\"accuracy\"", "\"accuracy\" is none of acc", "$.metrics[0]")]
    [InlineData("\"multiple_choice\"", "\"generate\"", "the type \"generate\" is none", "$.type")]
    [InlineData("\"name\": \"mine\", ", "", "has no key \"name\"", "task.json")]
    [InlineData("\"mine\"", "\"../mine\"", "is no name", "$.name")]
    [InlineData("\"acc\"]", "\"acc\"], \"file\": \"../secret.jsonl\"", "no file of the task's folder", "$.file")]
    [InlineData("\"acc\"]", "\"acc\"], \"prepare\": \"python\"", "\"python\" is none of hellaswag", "$.prepare")]
    public void A_wrong_description_is_one_error(string from, string to, string what, string where)
    {
        var error = Refused(Task.Replace(from, to, StringComparison.Ordinal), Item);
        Assert.Contains(what, error.What, StringComparison.Ordinal);
        Assert.Contains(where, error.Where, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"question": "it", "choices": ["or", "neck"]}""", "the field \"answer\" is missing")]
    [InlineData("""{"question": "it", "choices": ["or", "neck"], "answer": 2}""", "its label is 2, and there are 2 choices")]
    [InlineData("""{"question": "it", "choices": ["or", "neck"], "answer": -1}""", "its label is -1")]
    [InlineData("""{"question": "it", "choices": ["or", "neck"], "answer": "B"}""", "not a whole number")]
    [InlineData("""{"question": "it", "choices": [], "answer": 0}""", "not a list with entries")]
    [InlineData("""{"question": ["it"], "choices": ["or", "neck"], "answer": 0}""", "\"question\" is not a text")]
    [InlineData("""["it"]""", "it is not an object")]
    [InlineData("""{"question": """, "not valid JSON")]
    public void A_wrong_item_is_one_error_with_file_line_and_item(string item, string what)
    {
        var error = Refused(Task, $"{Item}\n\n{item}\n");
        Assert.Contains(what, error.What, StringComparison.Ordinal);
        Assert.Contains("test.jsonl, line 3, item 1", error.Where, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_task_is_an_error() => Assert.Contains("no items", Refused(Task, "\n").What, StringComparison.Ordinal);

    [Fact]
    public void A_missing_file_is_an_error() => Assert.Contains("no such file", Refused(Task, null).What, StringComparison.Ordinal);

    [Fact]
    public void A_continuation_longer_than_the_model_is_an_error()
    {
        var longer = string.Join(' ', Enumerable.Repeat("neck", EvaluationFixture.Model.Config.MaximumLength));
        var error = Refused(Task, $$"""{"question": "it", "choices": ["or", "{{longer}}"], "answer": 0}""");
        Assert.Contains("longer than the model's 448 positions", error.What, StringComparison.Ordinal);
        Assert.Contains("line 1, item 0", error.Where, StringComparison.Ordinal);
    }

    [Fact]
    public void Too_few_examples_are_an_error()
    {
        Assert.Contains("no few-shot examples", Refused(Task, Item, new EvaluationSettings(5)).What, StringComparison.Ordinal);
        var task = Task.Replace("\"acc\"]", "\"acc\"], \"fewshot_file\": \"test.jsonl\"", StringComparison.Ordinal);
        Assert.Contains("has 1 few-shot examples, too few for 5", Refused(task, Item, new EvaluationSettings(5)).What,
            StringComparison.Ordinal);
        Assert.Contains("too few", Refused(task, Item, new EvaluationSettings(5, FewshotSampling.Random)).What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_rule_needs_a_suite_with_held_out_text()
    {
        var cloze = (EvaluationTask)EvaluationTasks.Open("cloze");
        Assert.Contains("held-out text", Assert.Throws<Llm360Exception>(() => TaskContent.Read(cloze, null, false, default)).What,
            StringComparison.Ordinal);
        var amber = Notebooks.Suites.Open("amber");
        Assert.Contains("no held-out text", Assert.Throws<Llm360Exception>(() => TaskContent.Read(cloze, amber, false, default)).What,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nothing")]
    [InlineData("mmlu_alchemy")]
    public void An_unknown_task_is_an_error_that_names_those_there_are(string name) =>
        Assert.Contains("cloze", Assert.Throws<Llm360Exception>(() => EvaluationTasks.Open(name)).Remedy, StringComparison.Ordinal);

    [Fact]
    public void A_group_cannot_contain_itself()
    {
        Directory.CreateDirectory(folder["loop"]);
        File.WriteAllText(
            folder["loop", "group.json"], """{"name": "loop", "members": ["loop"], "metric": "acc", "weight_by_size": true}""");
        Assert.Contains("contains itself", Assert.Throws<Llm360Exception>(() => EvaluationTasks.Open(folder["loop"])).What,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Every_described_task_opens_and_MMLU_has_its_subjects()
    {
        Assert.All(EvaluationTasks.Names, n => Assert.NotEmpty(EvaluationTasks.Open(n).Leaves));
        var mmlu = (TaskGroup)EvaluationTasks.Open("mmlu");
        Assert.Equal((4, 57), (mmlu.Members.Count, mmlu.Leaves.Count));
        Assert.Equal(57, mmlu.Leaves.Select(l => l.Name).Distinct().Count());
        Assert.Equal(19, EvaluationTasks.Open("mmlu_stem").Leaves.Count);
        var law = (EvaluationTask)EvaluationTasks.Open("mmlu_international_law");
        Assert.Equal("The following are multiple choice questions (with answers) about international law.\n\n", law.Description);
        Assert.Equal("international_law/test-00000-of-00001.parquet", law.Data.Hub!.Path);
    }

    [Fact]
    public async Task Items_in_Parquet_are_the_items_in_JSON_Lines()
    {
        var rows = new[] { new ParquetItem { Question = "it", Answer = 1, Choices = new() { Text = ["or", "neck"], Label = ["A", "B"] } } };
        await using (var stream = File.Create(folder["test.parquet"]))
            await ParquetSerializer.SerializeAsync(rows, stream, cancellationToken: TestContext.Current.CancellationToken);
        var item = Assert.Single(TaskFiles.Read(folder["test.parquet"]));
        Assert.Equal("""{"Question":"it","Answer":1,"Choices":{"Text":["or","neck"],"Label":["A","B"]}}""", item.Data.ToJsonString());
        File.WriteAllText(folder["broken.parquet"], "PAR1");
        Assert.Contains("cannot be read", Assert.Throws<Llm360Exception>(() => TaskFiles.Read(folder["broken.parquet"])).What,
            StringComparison.Ordinal);
    }

    private Llm360Exception Refused(string task, string? items, EvaluationSettings? settings = null)
    {
        File.WriteAllText(folder["task.json"], task);
        if (items is not null)
            File.WriteAllText(folder["test.jsonl"], items);
        return Assert.Throws<Llm360Exception>(() => EvaluationJson.Run(
            EvaluationFixture.Model, EvaluationFixture.Tokenizer, EvaluationTasks.Open(folder["task.json"]), settings
                ?? new(), null, new(), CancellationToken.None));
    }

    public sealed class ParquetItem
    {
        public string Question { get; set; } = "";

        public int Answer { get; set; }

        public ParquetChoices Choices { get; set; } = new();
    }

    public sealed class ParquetChoices
    {
        public List<string> Text { get; set; } = [];

        public List<string> Label { get; set; } = [];
    }
}
