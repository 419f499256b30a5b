// The pico suite, trained once a test run.

[assembly: AssemblyFixture(typeof(Llm360.Notebooks.Tests.PicoSuite))]

namespace Llm360.Notebooks.Tests;

public sealed class PicoSuite : IAsyncLifetime
{
    private readonly TemporaryFolder folder = new();

    public Suite Suite { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        // Without the expected counts, so that PinnedCorpusTests can run, and pin anew, after the recipe was changed.
        var manifest = Suites.Recipe("pico") with { Expected = null };
        Suite = await new SuiteTrainer(manifest, folder["pico"]).TrainAsync(new(Cancellation: CancellationToken.None));
    }

    public ValueTask DisposeAsync()
    {
        folder.Dispose();
        return ValueTask.CompletedTask;
    }
}
