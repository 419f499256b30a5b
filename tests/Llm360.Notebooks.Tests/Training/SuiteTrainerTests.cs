// Training a suite: its files, resuming, skipped bad batches, refusal of wrong folders.
using TorchSharp;

namespace Llm360.Notebooks.Tests;

public sealed class SuiteTrainerTests(PicoSuite pico, HalfTrainedPico half) : IClassFixture<HalfTrainedPico>
{
    private static readonly SuiteRecipe Manifest = Suites.Recipe("pico");

    [Fact]
    public async Task Training_leaves_every_checkpoint_chunk_and_metric()
    {
        var suite = pico.Suite;
        Assert.Equal(Manifest.Corpus.Chunks + 1, suite.Checkpoints.Count);
        Assert.Equal(Manifest.Corpus.Chunks, suite.Chunks.Count);
        Assert.Equal(["ckpt_000", "ckpt_001", "ckpt_002", "ckpt_003", "ckpt_004"], suite.Checkpoints.Select(c => c.Name));
        Assert.Equal(
            Manifest.Training.OptimizerStates,
            suite.Checkpoints.Where(c => File.Exists(Path.Combine(c.Folder, SuiteLayout.Optimizer))).Select(c => c.Index!.Value));
        var metrics = await suite.MetricsAsync();
        Assert.Equal(Enumerable.Range(0, 16).Select(s => (long)s), metrics.Select(m => m.Step));
        Assert.Equal(0, metrics[0].LearningRate);
        Assert.Equal(Math.Log(2048), metrics[0].Loss, 0.1);
        Assert.True(metrics[^1].Loss < metrics[0].Loss);
        Assert.Equal(4, metrics.Count(m => m.ValidationLoss is not null));
        Assert.All(metrics, m => Assert.Equal(Manifest.Training.BatchSize, m.Sources.Count));
    }

    [Fact]
    public async Task A_run_killed_in_any_chunk_resumes_to_bit_identical_weights()
    {
        foreach (var stopAt in new[] { 2, 9, 15 })
        {
            using var folder = new TemporaryFolder();
            using var kill = new CancellationTokenSource();
            var steps = new Immediate(p =>
            {
                if (p.Unit == "steps" && p.Done == stopAt)
                    kill.Cancel();
            });
            var run = new RunOptions(Progress: steps, Cancellation: kill.Token);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new SuiteTrainer(Manifest, folder.Path).TrainAsync(run));
            var suite = await new SuiteTrainer(Manifest, folder.Path).TrainAsync(new(Cancellation: CancellationToken.None));
            foreach (var checkpoint in suite.Checkpoints)
                Assert.Equal(
                    File.ReadAllBytes(Path.Combine(pico.Suite.Folder, checkpoint.Name, SuiteLayout.Weights)),
                    File.ReadAllBytes(Path.Combine(checkpoint.Folder, SuiteLayout.Weights)));
            Assert.Equal(
                (await pico.Suite.MetricsAsync()).Select(m => (m.Step, m.Loss)),
                (await suite.MetricsAsync()).Select(m => (m.Step, m.Loss)));
        }
    }

    [Fact]
    public async Task What_a_kill_leaves_behind_is_no_checkpoint_and_is_cleared_away()
    {
        using var folder = SuiteFolder.CopyOf(half.Folder);
        // The state after a kill while ckpt_003 was written: its folder still has its temporary
        // name.
        SuiteFolder.CopyTo(folder["ckpt_002"], folder["ckpt_003.tmp"]);
        File.WriteAllText(
            folder["train", $"train_000.jsonl.{Environment.MachineName.Replace('.', '-')}.{int.MaxValue}.{Guid.NewGuid():N}.tmp"],
            "half");
        Assert.DoesNotContain(Suite.OpenFolder(folder.Path).Checkpoints, c => c.Index >= 3);

        var suite = await new SuiteTrainer(Manifest, folder.Path).TrainAsync(new(Cancellation: CancellationToken.None));
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path, "*.tmp", SearchOption.AllDirectories));
        foreach (var checkpoint in suite.Checkpoints)
            Assert.Equal(
                File.ReadAllBytes(Path.Combine(pico.Suite.Folder, checkpoint.Name, SuiteLayout.Weights)),
                File.ReadAllBytes(Path.Combine(checkpoint.Folder, SuiteLayout.Weights)));
        Assert.Equal(
            Manifest.Training.OptimizerStates,
            suite.Checkpoints.Where(c => File.Exists(Path.Combine(c.Folder, SuiteLayout.Optimizer))).Select(c => c.Index!.Value));
    }

    [Fact]
    public void Held_out_rows_are_taken_from_every_source()
    {
        var rows = Enumerable.Range(0, 10).Select(i => new Llm360.Notebooks.TokenRow([i, i], "", [])).ToList();
        Assert.Equal([0, 0, 2, 2, 4, 4, 6, 6, 8, 8], ValidationSample.Tokens(rows, 5));
        Assert.Equal(20, ValidationSample.Tokens(rows, 99).Length);
    }

    [Fact]
    public async Task A_loss_that_is_not_finite_moves_no_weight_and_is_counted()
    {
        using var folder = new TemporaryFolder();
        var trainer = new SuiteTrainer(Manifest, folder.Path, weights => new FailsOnce(new AutogradGradients(weights, torch.CPU)));
        var suite = await trainer.TrainAsync(new(Cancellation: CancellationToken.None));
        var metrics = await suite.MetricsAsync();
        Assert.Equal([5L], metrics.Where(m => m.Skipped).Select(m => m.Step));
        Assert.True(double.IsFinite(metrics[^1].Loss));
    }

    [Fact]
    public async Task A_folder_of_another_recipe_is_refused_and_untouched()
    {
        var before = Directory.GetFiles(pico.Suite.Folder, "*", SearchOption.AllDirectories).Length;
        var other = Manifest with { Training = Manifest.Training with { Seed = 99 } };
        var error = await Assert.ThrowsAsync<Llm360Exception>(() => new SuiteTrainer(other, pico.Suite.Folder).TrainAsync());
        Assert.Contains("another recipe", error.What, StringComparison.Ordinal);
        Assert.Equal(before, Directory.GetFiles(pico.Suite.Folder, "*", SearchOption.AllDirectories).Length);
    }

    // An older version of the kit may have made other text of the same recipe.
    [Fact]
    public async Task A_folder_with_other_text_of_the_same_recipe_is_refused()
    {
        var there = pico.Suite.RequireRecipe();
        var other = there with { Expected = there.Expected! with { Sha256 = new string('0', 64) } };
        var error = await Assert.ThrowsAsync<Llm360Exception>(() => new SuiteTrainer(other, pico.Suite.Folder).TrainAsync());
        Assert.Equal(
            $"The folder holds a suite of another recipe: expected.sha256 is {other.Expected.Sha256}, not {there.Expected.Sha256}.",
            error.What);
        var unknown = await new SuiteTrainer(there with { Expected = null }, pico.Suite.Folder).TrainAsync();
        Assert.Equal(pico.Suite.Folder, unknown.Folder);
    }

    [Fact]
    public async Task Two_trainers_of_one_folder_do_not_meet()
    {
        using var folder = new TemporaryFolder();
        using var other = new FileStream(folder[".train.lock"], FileMode.Create, FileAccess.ReadWrite, FileShare.None);
        var error = await Assert.ThrowsAsync<Llm360Exception>(() => new SuiteTrainer(Manifest, folder.Path).TrainAsync());
        Assert.Contains("cannot be locked", error.What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_complete_suite_opens_and_its_checkpoints_load()
    {
        var suite = Suites.Open(pico.Suite.Folder);
        Assert.Equal("ckpt_004", suite.Checkpoint("4").Name);
        Assert.Contains("ckpt_004", Assert.Throws<Llm360Exception>(() => suite.Checkpoint("9")).Remedy, StringComparison.Ordinal);
        using var model = LlamaModel.Load(suite.Checkpoints[^1].Folder, Device.Cpu);
        using var tokens = torch.zeros([1, 8], torch.int64);
        using var hidden = model.Forward(tokens);
        Assert.Equal([1, 8, 32], hidden.shape);
    }

    private sealed class FailsOnce(IGradients inner) : IGradients
    {
        private int calls;

        public double Compute(ReadOnlySpan<int> tokens, int length, ParameterBuffer gradients)
        {
            var loss = inner.Compute(tokens, length, gradients);
            return calls++ == 5 ? double.NaN : loss;
        }

        public double Loss(ReadOnlySpan<int> tokens, int length) => inner.Loss(tokens, length);

        public void Dispose() => inner.Dispose();
    }
}
