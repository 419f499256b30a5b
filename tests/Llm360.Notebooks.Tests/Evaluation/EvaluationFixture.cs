// The golden evaluation of lm-eval 0.4.13: its model, tasks and expected files.
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.Tests;

internal static class EvaluationFixture
{
    /// <summary>Tolerances: for the log-likelihood of a choice, and for that of a window or a
    /// single pair.</summary>
    public const double OfChoice = 5e-4, OfWindow = 2e-3;

    private static readonly Lazy<LanguageModel> LoadedModel = new(() =>
        LanguageModel.Load(Fixtures.Path("evaluation", "model"), Device.Cpu));
    private static readonly Lazy<ITokenizer> LoadedTokenizer = new(() => Tokenizers.Load(Fixtures.Path("evaluation", "model")));

    /// <summary>The shared model. Do not dispose it.</summary>
    public static LanguageModel Model => LoadedModel.Value;

    public static ITokenizer Tokenizer => LoadedTokenizer.Value;

    public static TaskEntry Open(string task) => EvaluationTasks.Open(Fixtures.Path("evaluation", "tasks", task));

    public static EvaluationTask Task(string task) => (EvaluationTask)Open(task);

    public static JsonNode Expected(string name) => Fixtures.Json("evaluation", "expected", name + ".json");

    public static IEnumerable<string> Runs => Directory.EnumerateFiles(Fixtures.Path("evaluation", "expected"), "*.json")
        .Select(f => Path.GetFileNameWithoutExtension(f)).Where(n => n.Contains('.', StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);

    /// <summary>The settings with which a golden file was made.</summary>
    public static EvaluationSettings Settings(JsonNode run) => new(
        Fewshot: (int?)run["num_fewshot"] ?? 0,
        Sampling: (string?)run["sampler"] == "random" ? FewshotSampling.Random : FewshotSampling.FirstN,
        Bos: (bool)run["add_bos"]!);

    public static TaskContent Content(EvaluationTask task, EvaluationSettings settings) =>
        TaskContent.Read(task, null, settings.Fewshot > 0, CancellationToken.None);
}
