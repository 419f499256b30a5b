// The pico suite, trained once per test run.

[assembly: AssemblyFixture(typeof(Llm360.Notebooks.Tests.PicoSuite))]

namespace Llm360.Notebooks.Tests;

public sealed class PicoSuite : IAsyncLifetime
{
    private readonly TemporaryFolder folder = new();

    public Suite Suite { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        // No expected counts, so that PinnedCorpusTests can pin new ones after a change of the
        // recipe.
        var manifest = Suites.Recipe("pico") with { Expected = null };
        Suite = await new SuiteTrainer(manifest, folder["pico"]).TrainAsync(new(Cancellation: CancellationToken.None));
    }

    public ValueTask DisposeAsync()
    {
        folder.Dispose();
        return ValueTask.CompletedTask;
    }
}
