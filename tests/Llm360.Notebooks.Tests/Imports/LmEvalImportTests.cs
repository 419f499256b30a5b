// Import of lm-eval result files as curves; unsupported files give one error with file and line.
namespace Llm360.Notebooks.Tests;

public sealed class LmEvalImportTests : IDisposable
{
    private const string Old = """
        {
          "results": {
            "arc_challenge": {
              "acc": 0.38,
              "acc_stderr": 0.0142,
              "acc_norm": 0.41,
              "acc_norm_stderr": 0.0144
            }
          },
          "versions": {"arc_challenge": 0},
          "config": {"model": "hf-causal", "num_fewshot": 25, "batch_size": 4}
        }
        """;

    private const string New = """
        {
          "results": {
            "arc_easy": {
              "alias": "arc_easy",
              "acc,none": 0.5,
              "acc_stderr,none": 0.01,
              "sample_len": 2376
            },
            "gsm8k": {"alias": "gsm8k", "exact_match,strict-match": 0.1, "exact_match_stderr,strict-match": "N/A"},
            "mmlu": {"alias": "mmlu", " ": ""}
          },
          "configs": {"arc_easy": {"task": "arc_easy"}},
          "n-shot": {"arc_easy": 0},
          "config": {"model": "hf", "model_args": "pretrained=EleutherAI/pythia-14m,revision=step1000,dtype=float32"},
          "lm_eval_version": "0.4.9"
        }
        """;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_folder_of_version_03_gives_a_curve_with_standard_errors_by_checkpoint()
    {
        Write("ckpt_349/eval_arc.json", Old);
        Write("ckpt_007/eval_arc.json", Old.Replace("0.41", "0.21", StringComparison.Ordinal));
        var imported = Notebooks.Imports.LmEval(folder["results"], "Amber");
        var curve = imported.Find("arc_challenge acc_norm");
        Assert.Equal([7, 349], curve.Positions);
        Assert.Equal([0.21, 0.41], curve.Values);
        Assert.Equal([0.0144, 0.0144], curve.StandardErrors!);
        Assert.Equal(["arc_challenge acc", "arc_challenge acc_norm"], imported.Curves.Select(c => c.Name));
        var figure = Figures.Evaluation(imported.Select("arc_challenge acc_norm"));
        Assert.StartsWith("arc_challenge accuracy normalised by length goes from ", figure.Finding, StringComparison.Ordinal);
        Assert.Equal(TraceRole.Published, Assert.Single(figure.Panels).Traces[0].Role);
        Assert.Contains("Amber (imported)", figure.Subtitle, StringComparison.Ordinal);
        Assert.Equal(4, imported.ToDataFrame().Rows.Count);
        Assert.Contains("arc_challenge acc_norm", Assert.Throws<Llm360Exception>(() => imported.Find("mmlu acc")).Remedy,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_of_version_04_names_filters_and_the_revision()
    {
        Write("EleutherAI__pythia-14m/results_2024-05-06T07-08-09.123456.json", New);
        var imported = Notebooks.Imports.LmEval(folder["results"]);
        Assert.Equal(["arc_easy acc", "gsm8k exact_match (strict-match)"], imported.Curves.Select(c => c.Name));
        Assert.Equal([1000], imported.Find("arc_easy acc").Positions);
        Assert.Equal([0.01], imported.Find("arc_easy acc").StandardErrors!);
        Assert.Null(imported.Find("gsm8k exact_match (strict-match)").StandardErrors);
    }

    [Fact]
    public void Version_03_gives_the_mean_of_the_subjects_of_MMLU()
    {
        Write("ckpt_1/eval_mmlu.json", """
            {"results": {"hendrycksTest-anatomy": {"acc": 0.2}, "hendrycksTest-virology": {"acc": 0.4}}, "versions": {}, "config": {}}
            """);
        Assert.Equal([0.3], Notebooks.Imports.LmEval(folder["results"]).Find("mmlu acc").Values.Select(v => Math.Round(v, 12)));
    }

    [Theory]
    [InlineData("\"lm_eval_version\": \"0.4.9\"", "\"lm_eval_version\": \"1.2.0\"", "it is of lm-eval 1.2.0", 15)]
    [InlineData("\"acc,none\": 0.5", "\"acc,none\": \"high\", \"f1,none\": [1]", "is not a number but [1]", 5)]
    [InlineData(
        "\"configs\": {\"arc_easy\": {\"task\": \"arc_easy\"}},\n  \"n-shot\": {\"arc_easy\": 0},\n",
        "",
        "the metric \"acc,none\" has a filter as in version 0.4", 5)]
    [InlineData("\"results\"", "\"scores\"", "it has no \"results\"", 1)]
    [InlineData("\"arc_easy\": {\n", "\"x\": 3, \"arc_easy\": {\n", "$.results.x is not an object", 3)]
    public void A_file_of_another_version_is_one_error_with_file_and_line(string part, string other, string says, int line)
    {
        var json = New.ReplaceLineEndings("\n").Replace(part, other, StringComparison.Ordinal);
        Assert.NotEqual(New.ReplaceLineEndings("\n"), json);
        var file = Write("ckpt_1/bad.json", json);
        var error = Assert.Throws<Llm360Exception>(() => Notebooks.Imports.LmEval(folder["results"]));
        Assert.Contains(says, error.What, StringComparison.Ordinal);
        Assert.StartsWith($"{file}, line {line}, ", error.Where, StringComparison.Ordinal);
        Assert.Contains("lm-eval 0.3 or 0.4", error.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_without_a_place_in_training_and_a_value_that_is_there_twice_are_refused()
    {
        var file = Write("eval.json", Old);
        var unknown = Assert.Throws<Llm360Exception>(() => Notebooks.Imports.LmEval(folder["results"]));
        Assert.Equal((file, true), (unknown.Where, unknown.What.Contains("which checkpoint", StringComparison.Ordinal)));
        File.Delete(file);
        Write("ckpt_1/a.json", Old);
        Write("ckpt_1/b.json", Old);
        var twice = Assert.Throws<Llm360Exception>(() => Notebooks.Imports.LmEval(folder["results"]));
        Assert.Equal("arc_challenge acc of checkpoint 1 is there twice.", twice.What);
        var empty = Directory.CreateDirectory(folder["empty"]).FullName;
        Assert.Contains("no result file", Assert.Throws<Llm360Exception>(() => Notebooks.Imports.LmEval(empty)).What,
            StringComparison.Ordinal);
    }

    private string Write(string name, string text)
    {
        var path = folder[["results", .. name.Split('/')]];
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }
}
