// Tasks over the checkpoints of a suite: stored, resumed, sharded and plotted; generated items.
using Microsoft.DotNet.Interactive.Formatting;

namespace Llm360.Notebooks.Tests;

public sealed class SuiteEvaluationTests(PicoSuite pico)
{
    private static readonly string[] RuleTasks = ["cloze", "article", "heldout"];

    [Fact]
    public async Task Cells_are_stored_read_back_and_sharded()
    {
        using var folder = new TemporaryFolder();
        CopyTask(Fixtures.Path("evaluation", "tasks", "arc"), folder["arc"]);
        var analysis = pico.Suite.Evaluation([folder["arc"], "cloze"], new EvaluationSettings(), folder["results"]);
        var checkpoints = pico.Suite.Checkpoints.Every(2);
        var options = new GridOptions { Device = Device.Cpu };
        var half = await analysis.FillAsync(checkpoints, options with { Shard = new GridShard(0, 2) });
        Assert.Equal((0, checkpoints.Count), (half.FromStore, half.Computed));
        var run = await analysis.RunAsync(checkpoints, options);
        Assert.Equal($"{checkpoints.Count} cells from the store, {checkpoints.Count} computed", run.Origin);
        var again = await analysis.RunAsync(checkpoints, options);
        Assert.Equal($"{2 * checkpoints.Count} cells from the store, 0 computed", again.Origin);
        Assert.Equal(run.Results.Select(r => r.Value), again.Results.Select(r => r.Value));
        Assert.Equal(run.Results.Count, run.ToDataFrame().Rows.Count);

        // A changed task file makes the cells of that task stale, and no others.
        await File.AppendAllTextAsync(folder["arc", "test.jsonl"],
            (await File.ReadAllLinesAsync(folder["arc", "test.jsonl"], TestContext.Current.CancellationToken))[0]
            + "\n", TestContext.Current.CancellationToken);
        var changed = await analysis.FillAsync(checkpoints, options);
        Assert.Equal((checkpoints.Count, checkpoints.Count), (changed.Computed, changed.Stale));
    }

    [Fact]
    public async Task A_cell_has_the_numbers_of_a_single_evaluation()
    {
        using var folder = new TemporaryFolder();
        var analysis = pico.Suite.Evaluation(["cloze"], new EvaluationSettings(), folder.Path);
        var last = pico.Suite.Checkpoints[^1];
        var run = await analysis.RunAsync([last], new GridOptions { Device = Device.Cpu });
        using var model = LanguageModel.Load(last.Folder, Device.Cpu);
        var task = (EvaluationTask)EvaluationTasks.Open("cloze");
        var scored = TaskScoring.Choices(model, last.Tokenizer(), task,
            TaskContent.Read(task, pico.Suite, false, CancellationToken.None), new EvaluationSettings());
        Assert.Equal(scored.SelectMany(s => s.Scores.Select(x => x.LogLikelihood)), run.Rows(last, "cloze")!.Select(r => r.LogLikelihood));
        Assert.Equal(0.25, run.Curve("cloze", "acc")[0].Chance);
        Assert.Contains("cloze", run.ToDisplayString("text/html"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Figures_draw_curves_noise_and_bits_per_byte()
    {
        using var folder = new TemporaryFolder();
        var run = await pico.Suite.Evaluation(RuleTasks, new EvaluationSettings(), folder.Path)
            .RunAsync(options: new GridOptions { Device = Device.Cpu });
        var figure = Figures.Evaluation(run, last: 3);
        Assert.Equal(RuleTasks.Length, figure.Panels.Count);
        Assert.Equal(["cloze acc", "last 3 checkpoints", "chance"], figure.Panels[0].Traces.Select(t => t.Name));
        Assert.NotNull(figure.Panels[0].Traces[0].Low);
        var noise = run.Noise("heldout", "bits_per_byte", 3);
        Assert.Equal(run.Curve("heldout", "bits_per_byte").Select(r => r.Value).TakeLast(3).Average(), noise.LastMean, 12);
        Assert.True(noise.Signal > noise.Noise);
        Assert.All(Figures.SignalToNoise(run, 3).Panels[0].Traces, t => Assert.Equal(RuleTasks, t.XLabels));
        Assert.Equal(2, Figures.AccuracyAndBits(run, "cloze", 3).Panels.Count);
        var sources = HeldOutText.Documents(pico.Suite).Select(d => d.Source).Distinct().Order();
        Assert.Equal(sources, Figures.BitsPerByteBySource(run).Panels[0].Traces.Select(t => t.Name).Order());
        Assert.Equal(4, Figures.PublishedEvaluation().Panels.Count);
    }

    [Theory]
    [InlineData("continuation", 4)]
    [InlineData("parameter", 4)]
    [InlineData("bracket", 4)]
    [InlineData("article", 2)]
    public void A_rule_makes_the_same_items_again_each_with_one_right_choice(string rule, int choices)
    {
        HeldOutDocument[] documents = [.. Enumerable.Range(1, 12).Select(i => new HeldOutDocument("docs",
            $"Gets the {i}th item of a list that was read from an index. "
            + $"index{i}: The place (from 0) of item {i}. An array<int> of size {i} is a copy."))];
        var (items, pool) = SuiteItems.Make(rule, documents, "documents");
        Assert.NotEmpty(items);
        var task = (EvaluationTask)EvaluationTasks.Open(rule == "continuation" ? "cloze" : rule);
        var text = string.Join('\n', documents.Select(d => d.Text));
        foreach (var item in items.Concat(pool))
        {
            var options = task.Choices.Of(item);
            Assert.Equal(choices, options.Distinct().Count());
            var right = task.Continuation is { } rest ? options[task.Target.Of(item, choices)] + " " + rest.Text(item)
                : string.Concat(task.Prompt.Select(p => p.Of(item))) + task.TargetDelimiter + options[task.Target.Of(item, choices)];
            Assert.Contains(right, text, StringComparison.Ordinal);
        }

        Assert.Equal(items.Select(i => i.Data.ToJsonString()), SuiteItems.Make(rule, documents, "documents").Items.Select(i =>
            i.Data.ToJsonString()));
    }

    [Fact]
    public void Held_out_documents_are_whole()
    {
        var rows = ChunkReader.Read(pico.Suite.ValidationPath).ToList();
        var tokenizer = pico.Suite.Tokenizer();
        var documents = HeldOutText.Documents(pico.Suite);
        Assert.Equal(rows.SelectMany(r => r.TokenIds).Count(t => t == tokenizer.EosId), documents.Count);
        Assert.Equal(rows[0].TokenIds.TakeWhile(t => t != tokenizer.EosId), tokenizer.Encode(documents[0].Text)
            .Take(rows[0].TokenIds.Length));
    }

    private static void CopyTask(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from))
            File.WriteAllText(Path.Combine(to, Path.GetFileName(file)), File.ReadAllText(file));
    }
}
