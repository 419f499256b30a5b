// The pico suite, stopped during its third chunk: ckpt_002 is the last checkpoint.

namespace Llm360.Notebooks.Tests;

public sealed class HalfTrainedPico : IAsyncLifetime
{
    private readonly TemporaryFolder folder = new();

    public static SuiteRecipe Manifest { get; } = Suites.Recipe("pico");

    public string Folder => folder.Path;

    public async ValueTask InitializeAsync()
    {
        using var kill = new CancellationTokenSource();
        var steps = new Immediate(p =>
        {
            if (p.Unit == "steps" && p.Done == 9)
                kill.Cancel();
        });
        var run = new RunOptions(Progress: steps, Cancellation: kill.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new SuiteTrainer(Manifest, Folder).TrainAsync(run));
    }

    public ValueTask DisposeAsync()
    {
        folder.Dispose();
        return ValueTask.CompletedTask;
    }
}
