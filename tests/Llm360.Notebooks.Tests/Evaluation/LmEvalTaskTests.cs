// lm-eval's YAML files give the same requests as the neutral descriptions of the same tasks.
namespace Llm360.Notebooks.Tests;

public sealed class LmEvalTaskTests
{
    [Theory]
    [InlineData("arc")]
    [InlineData("arc_same_split")]
    [InlineData("boolq")]
    [InlineData("mmlu_law")]
    [InlineData("openbookqa")]
    [InlineData("piqa")]
    [InlineData("siqa")]
    [InlineData("truthfulqa_mc1")]
    public void A_task_without_Python_is_the_same_as_its_neutral_description(string name)
    {
        var imported = (EvaluationTask)EvaluationTasks.Open(Fixtures.Path("evaluation", "tasks", name, "lm_eval.yaml"));
        var neutral = EvaluationFixture.Task(name);
        Assert.Equal(neutral.Metrics, imported.Metrics);
        var fewshot = neutral.Data.FewshotFile is null ? 0 : 3;
        foreach (var sampling in new[] { FewshotSampling.FirstN, FewshotSampling.Random })
        {
            var settings = new EvaluationSettings(fewshot, sampling);
            Assert.Equal(Texts(neutral, settings), Texts(imported, settings));
        }
    }

    [Theory]
    [InlineData("hellaswag", "line 12", "Python function")]
    [InlineData("crows_pairs", "line 12", "Python function")]
    public void A_task_with_Python_is_refused_with_its_line(string name, string place, string why)
    {
        var path = Fixtures.Path("evaluation", "tasks", name, "lm_eval.yaml");
        var error = Assert.Throws<Llm360Exception>(() => EvaluationTasks.Open(path));
        Assert.Contains(why, error.What, StringComparison.Ordinal);
        Assert.Contains($"lm_eval.yaml, {place}", error.Where, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("task: a\ntask: b\n", "there twice")]
    [InlineData("task: \"a\n", "scanning a quoted scalar")]
    [InlineData("task: a\n  deeper: b\n", "scanning a plain scalar")]
    [InlineData("task: a\noutput_type: generate_until\n", "only multiple_choice")]
    [InlineData("task: a\nuse_prompt: x\n", "the key is not read")]
    [InlineData("- a\n- b\n", "not a mapping")]
    [InlineData("task: a\n\toutput_type: x\n", "tab")]
    public void A_file_that_is_not_read_is_one_error(string text, string why)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["task.yaml"], text);
        Assert.Contains(why, Assert.Throws<Llm360Exception>(() => EvaluationTasks.Open(folder["task.yaml"])).What,
            StringComparison.Ordinal);
    }

    private static IEnumerable<(string, string, int)> Texts(EvaluationTask task, EvaluationSettings settings) =>
        TaskScoring.Requests(task, EvaluationFixture.Content(task, settings), settings)
            .SelectMany(i => i.Requests.Select(r => (r.Context, r.Continuation, i.Target)));
}
