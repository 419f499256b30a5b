// The 30-step reference run (tests/fixtures/training): losses, norms, weights, moments, resume.
using TorchSharp;

namespace Llm360.Notebooks.Tests;

public sealed class GoldenTrainingTests
{
    private const int Steps = 30;
    private static readonly TrainingRecipe Recipe = new(BatchSize: 8, PeakLearningRate: 0.01, FinalLearningRate: 0.001, WarmupSteps: 5,
        Schedule: "cosine", Seed: 0, OptimizerStates: []);

    public static TheoryData<string, string> Runs =>
        new() { { "decay_all", "autograd" }, { "decay_no_norms", "autograd" }, { "decay_all", "cpu" }, { "decay_no_norms", "cpu" } };

    [Theory]
    [MemberData(nameof(Runs))]
    public void Thirty_steps_give_the_reference_losses_norms_and_weights(string run, string engine)
    {
        using var state = new State("init", null, run, engine);
        state.Run(0, 15, run);
        state.AssertEquals($"{run}/step15");
        state.Run(15, Steps, run);
        state.AssertEquals($"{run}/final");
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void Resuming_at_step_15_gives_the_reference_end(string run, string engine)
    {
        using var state = new State($"{run}/step15", $"{run}/step15", run, engine);
        state.Run(15, Steps, run);
        state.AssertEquals($"{run}/final");
    }

    [Theory]
    [InlineData("autograd")]
    [InlineData("cpu")]
    public void The_first_gradient_is_the_reference_gradient(string engine)
    {
        using var state = new State("init", null, "decay_all", engine);
        using var file = StateDict.Open(Fixtures.Path("training", "gradients.safetensors"));
        state.Gradient(0);
        foreach (var (name, view) in state.Gradients.Views)
        {
            using var expected = file.View(name);
            using var difference = view - expected;
            Assert.InRange(difference.norm().item<float>() / expected.norm().item<float>(), 0, 1e-5);
        }
    }

    [Fact]
    public void The_schedule_is_ambers()
    {
        var json = Fixtures.Json("training", "schedule.json");
        var amber = Recipe with { PeakLearningRate = 3e-4, FinalLearningRate = 3e-5, WarmupSteps = (int)json["warmup"]! };
        foreach (var point in json["points"]!.AsArray())
            Assert.Equal((double)point!["lr"]!, LearningRateSchedule.Of(amber, (long)json["total"]!).At((long)point["step"]!), 1e-18);
    }

    private sealed class State : IDisposable
    {
        private readonly ParameterBuffer weights;
        private readonly AdamW optimizer;
        private readonly IGradients engine;
        private readonly int[] batches;
        private const int Rows = 8, Length = 33;

        public State(string weightsFrom, string? momentsFrom, string run, string engineName)
        {
            var config = LlamaConfig.Read(Fixtures.Path("training", "init", "config.json"));
            weights = new ParameterBuffer(config);
            Gradients = new ParameterBuffer(config);
            optimizer =
                new AdamW(config, Recipe) { Decays = run == "decay_all" ? null : name => !name.Contains("norm", StringComparison.Ordinal) };
            Copy(Fixtures.Path("training", weightsFrom, "model.safetensors"), "", weights);
            if (momentsFrom is not null)
            {
                var path = Fixtures.Path("training", momentsFrom, "optimizer.safetensors");
                Copy(path, "exp_avg.", optimizer.FirstMoment);
                Copy(path, "exp_avg_sq.", optimizer.SecondMoment);
                using var file = StateDict.Open(path);
                using var step = file.View("step");
                optimizer.Steps = step[0].item<long>();
            }

            engine = engineName switch
            {
                "autograd" => new AutogradGradients(weights, torch.CPU),
                "cpu" => new CpuGradients(weights, Recipe.Groups),
                _ => throw new ArgumentOutOfRangeException(nameof(engineName), engineName, null),
            };
            using var tokens = StateDict.Open(Fixtures.Path("training", "batches.safetensors"));
            using var view = tokens.View("tokens");
            batches = [.. view.data<long>().Select(t => (int)t)];
        }

        public ParameterBuffer Gradients { get; }

        public double Gradient(int step) => engine.Compute(batches.AsSpan(step * Rows * Length, Rows * Length), Length, Gradients);

        public void Run(int from, int to, string run)
        {
            var trajectory = Fixtures.Json("training", run, "trajectory.json").AsArray();
            for (var step = from; step < to; step++)
            {
                var loss = Gradient(step);
                var norm = AdamW.Norm(Gradients);
                var expected = trajectory[step]!;
                Assert.Equal((double)expected["loss"]!, loss, 1e-5);
                Assert.InRange(norm / (double)expected["grad_norm"]!, 1 - 1e-5, 1 + 1e-5);
                var learningRate = LearningRateSchedule.Of(Recipe, Steps).At(step);
                Assert.Equal((double)expected["lr"]!, learningRate, 1e-15);
                optimizer.Step(weights, Gradients, norm, learningRate);
            }
        }

        public void AssertEquals(string folder)
        {
            AssertClose(Fixtures.Path("training", folder, "model.safetensors"), "", weights, relativeToLargest: false, 1e-5);
            AssertClose(Fixtures.Path("training", folder, "optimizer.safetensors"), "exp_avg.", optimizer.FirstMoment,
                relativeToLargest: true, 5e-5);
            AssertClose(Fixtures.Path("training", folder, "optimizer.safetensors"), "exp_avg_sq.", optimizer.SecondMoment,
                relativeToLargest: true, 5e-5);
        }

        public void Dispose()
        {
            engine.Dispose();
            optimizer.Dispose();
            weights.Dispose();
            Gradients.Dispose();
        }

        private static void Copy(string path, string prefix, ParameterBuffer buffer)
        {
            using var file = StateDict.Open(path);
            foreach (var (name, view) in buffer.Views)
            {
                using var stored = file.View(prefix + name);
                view.copy_(stored);
            }
        }

        private static void AssertClose(string path, string prefix, ParameterBuffer buffer, bool relativeToLargest, double tolerance)
        {
            using var file = StateDict.Open(path);
            foreach (var (name, view) in buffer.Views)
            {
                using var scope = torch.NewDisposeScope();
                var stored = file.View(prefix + name);
                var scale = relativeToLargest ? stored.abs().max().item<float>() : 1;
                var difference = (view - stored).abs().max().item<float>() / scale;
                Assert.True(difference <= tolerance, $"{prefix}{name} differs by {difference}");
            }
        }
    }
}
