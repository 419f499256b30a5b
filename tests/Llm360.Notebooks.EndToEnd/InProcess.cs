// Commands that run within the test process, with one trained pico for all.
using System.CommandLine;
using Llm360.Notebooks.Cli;

namespace Llm360.Notebooks.EndToEnd;

/// <summary>A home folder with pico. Commands run within the process, one after the
/// other.</summary>
public sealed class InProcess : IAsyncLifetime
{
    /// <summary>The LLM360_HOME of the commands. Other tests set their own home for each process
    /// that they start.</summary>
    public string Home { get; } = Directory.CreateTempSubdirectory("llm360-in-process-").FullName;

    public string PathOf(params string[] parts) => Path.Combine([Home, .. parts]);

    public async ValueTask InitializeAsync()
    {
        Environment.SetEnvironmentVariable(Workspace.HomeVariable, Home);
        LibTorch.Load();
        var trained = await RunAsync("train", "pico", "-q");
        Assert.True(trained.ExitCode == 0, trained.Error);
    }

    internal static async Task<CommandResult> RunAsync(params string[] arguments)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var configuration = new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false };
        var exit = await CommandLine.RunAsync(arguments, configuration, TestContext.Current.CancellationToken);
        return new CommandResult(exit, output.ToString(), error.ToString());
    }

    public ValueTask DisposeAsync()
    {
        Environment.SetEnvironmentVariable(Workspace.HomeVariable, null);
        Directory.Delete(Home, recursive: true);
        return ValueTask.CompletedTask;
    }
}

[CollectionDefinition]
public sealed class InProcessTests : ICollectionFixture<InProcess>;
