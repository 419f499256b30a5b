// Training gives the same bits for any number of threads, whatever else the process does.
using System.Text.RegularExpressions;

namespace Llm360.Notebooks.Tests;

public sealed class SameBitsTests(PicoSuite pico)
{
    private static readonly SuiteRecipe Manifest = Suites.Recipe("pico");

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(16)]
    public async Task A_suite_does_not_depend_on_the_number_of_threads(int threads)
    {
        using var folder = new TemporaryFolder();
        var trainer = new SuiteTrainer(Manifest, folder.Path, weights => new CpuGradients(weights, Manifest.Training.Groups, threads));
        await AssertSameAsync(await trainer.TrainAsync(new(Cancellation: CancellationToken.None)));
    }

    [Fact]
    public async Task A_suite_does_not_depend_on_a_grid_in_the_same_process()
    {
        using TemporaryFolder during = new(), after = new();
        using var model = LanguageModel.Load(pico.Suite.Checkpoints[^1].Folder, Device.Cpu);
        var rows = ChunkReader.Read(pico.Suite.Chunks[0].Path).ToList();
        using var trained = new ManualResetEventSlim();
        Exception? failure = null;
        var training = new Thread(() =>
        {
            try
            {
                new SuiteTrainer(Manifest, during.Path).TrainAsync(new(Cancellation: CancellationToken.None)).GetAwaiter().GetResult();
            }
            catch (Exception e)
            {
                failure = e;
            }
            finally
            {
                trained.Set();
            }
        });
        var settings = new MemorizationSettings(PromptLength: 16, ContinuationLength: 16);
        await ItemWorkers.RunAsync([0, 1], 2, cell =>
        {
            if (cell == 0)
                training.Start();
            do
                MemorizationScorer.Score(model, rows, settings);
            while (!trained.IsSet);
        });
        training.Join();
        Assert.Null(failure);
        await AssertSameAsync(Suite.OpenFolder(during.Path));

        // The same after that work, on a thread of the pool.
        await AssertSameAsync(
            await Task.Run(() => new SuiteTrainer(Manifest, after.Path).TrainAsync(new(Cancellation: CancellationToken.None))));
    }

    [Theory]
    [InlineData(32, 9, 4)]
    [InlineData(32, 9, 1)]
    [InlineData(32, 3, 8)] // fewer rows than groups
    [InlineData(20, 9, 5)] // padded
    public void Losses_and_gradients_do_not_depend_on_the_number_of_threads(int hidden, int rows, int groups)
    {
        var config = new LlamaConfig(hidden, 48, 2, 2, 2, hidden / 2, 64, 64, 1e-6, 10000, false);
        using ParameterBuffer weights = new(config), expected = new(config), actual = new(config);
        var random = new Random(1);
        foreach (ref var value in weights.Span)
            value = random.NextSingle() - 0.5f;
        int[] tokens = [.. Enumerable.Range(0, rows * 33).Select(_ => random.Next(64))];
        using var one = new CpuGradients(weights, groups, 1);
        var (loss, heldOut) = (one.Compute(tokens, 33, expected), one.Loss(tokens, 33));
        foreach (var threads in new[] { 1, 2, 3, 5, 16 })
        {
            using var many = new CpuGradients(weights, groups, threads);
            Assert.Equal((loss, heldOut), (many.Compute(tokens, 33, actual), many.Loss(tokens, 33)));
            Assert.True(expected.Span.SequenceEqual(actual.Span), $"{threads} threads");

            // With memory for only one sum per thread, groups are computed in several rounds.
            using var little = new CpuGradients(weights, groups, threads, sumsBytes: 0);
            Assert.Equal(loss, little.Compute(tokens, 33, actual));
            Assert.True(expected.Span.SequenceEqual(actual.Span), $"{threads} threads, little memory");
        }
    }

    [Fact]
    public void The_loss_alone_is_that_of_the_gradient()
    {
        var config = new LlamaConfig(36, 52, 2, 2, 1, 18, 71, 64, 1e-6, 10000, false);
        using ParameterBuffer weights = new(config), gradients = new(config);
        var random = new Random(1);
        foreach (ref var value in weights.Span)
            value = random.NextSingle() - 0.5f;
        int[] tokens = [.. Enumerable.Range(0, 20 * 41).Select(_ => random.Next(71))];
        using var cpu = new CpuGradients(weights, 4, 2);
        using var autograd = new AutogradGradients(weights, TorchSharp.torch.CPU);
        Assert.Equal(cpu.Compute(tokens, 41, gradients), cpu.Loss(tokens, 41));
        Assert.Equal(autograd.Loss(tokens, 41), cpu.Loss(tokens, 41), 2e-5);
    }

    [Fact]
    public async Task A_training_that_another_version_began_is_refused_and_untouched()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["ckpt_000"]);
        string[] kept =
            [Path.Combine(pico.Suite.Folder, SuiteLayout.Manifest), .. Directory.EnumerateFiles(pico.Suite.Checkpoints[0].Folder)];
        foreach (var file in kept)
            File.Copy(file, folder[Path.GetRelativePath(pico.Suite.Folder, file)]);
        var optimizer = folder["ckpt_000", SuiteLayout.Optimizer];
        using (var file = StateDict.Open(optimizer))
            SafetensorsWriter.Write(folder["plain"], [.. file.Entries.Keys.Select(n => (n, file.View(n)))]);
        File.Move(folder["plain"], optimizer, overwrite: true);
        var before = File.ReadAllBytes(optimizer);

        var trainer = new SuiteTrainer(Manifest, folder.Path);
        var error = await Assert.ThrowsAsync<Llm360Exception>(() => trainer.TrainAsync(new(Cancellation: CancellationToken.None)));
        Assert.Contains("Another version", error.What, StringComparison.Ordinal);
        Assert.Equal(optimizer, error.Where);
        Assert.Equal(before, File.ReadAllBytes(optimizer));
        Assert.True(File.Exists(folder["ckpt_000", SuiteLayout.Weights]));
    }

    // The last bit of float Sin, Cos, Pow, Exp and Log differs between C libraries. Results of the
    // double functions, rounded once to float, practically do not differ.
    [Fact]
    public void Training_uses_no_float_function_of_the_C_library()
    {
        var source = Path.Combine(Workspace.Repository!, "src", "Llm360.Notebooks");
        var wrong = Directory.EnumerateFiles(Path.Combine(source, "Training"), "*.cs", SearchOption.AllDirectories)
            .Concat(Directory.EnumerateFiles(Path.Combine(source, "Models"), "Rotary*.cs"))
            .Where(f => Regex.IsMatch(File.ReadAllText(f), @"MathF\.(Sin|Cos|Tan|Pow|Exp|Log)\w*\(|TensorPrimitives\."));
        Assert.Empty(wrong);
    }

    private async Task AssertSameAsync(Suite suite)
    {
        Assert.Equal(pico.Suite.Checkpoints.Select(c => c.Name), suite.Checkpoints.Select(c => c.Name));
        foreach (var checkpoint in suite.Checkpoints)
        {
            foreach (var file in new[] { SuiteLayout.Weights, SuiteLayout.Optimizer })
            {
                var (expected, actual) = (Path.Combine(pico.Suite.Folder, checkpoint.Name, file), Path.Combine(checkpoint.Folder, file));
                Assert.Equal(File.Exists(expected), File.Exists(actual));
                var isSame = !File.Exists(expected) || File.ReadAllBytes(expected).AsSpan().SequenceEqual(File.ReadAllBytes(actual));
                Assert.True(isSame, $"{checkpoint.Name}/{file} differs");
            }
        }

        Assert.Equal((await pico.Suite.MetricsAsync()).Select(Numbers), (await suite.MetricsAsync()).Select(Numbers));

        static (long Step, double Loss, double Norm, double? Validation) Numbers(TrainingStep m) =>
            (m.Step, m.Loss, m.GradientNorm, m.ValidationLoss);
    }
}
