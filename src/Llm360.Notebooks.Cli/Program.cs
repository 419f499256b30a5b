// The llm360 command.
using Llm360.Notebooks;
using System.CommandLine;
using Llm360.Notebooks.Cli.Commands;

// A notebook runs in its own folder: a relative home is meant from here.
if (Environment.GetEnvironmentVariable(Workspace.HomeVariable) is { Length: > 0 } home)
    Environment.SetEnvironmentVariable(Workspace.HomeVariable, Path.GetFullPath(home));

var root = new RootCommand(
    """
    The LLM360 kit: train a small suite here, run the paper's analyses as C# notebooks, write a report.

    Start with: llm360 reproduce
    Everything is written to artifacts/ of the checkout, or to the folder named by LLM360_HOME; without either,
    to llm360 in your local application data. Long work can be stopped at any moment; the same command goes on.
    """)
{
    ReproduceCommand.Create(),
    TrainCommand.Create(),
    CheckCommand.Create(),
    RunCommand.Create(),
    InspectCommand.Create(),
    LogitsCommand.Create(),
    GradientsCommand.Create(),
    GenerateCommand.Create(),
    PerplexityCommand.Create(),
    ScoreCommand.Create(),
    GridCommand.Create(),
    AttributeCommand.Create(),
    EvaluateCommand.Create(),
    TasksCommand.Create(),
    QueryCommand.Create(),
    ResultsCommand.Create(),
    TokenizeCommand.Create(),
    NewCommand.Create(),
    KernelCommand.Create(),
    CacheCommand.Create(),
    DoctorCommand.Create(),
};
root.Options.Add(Shared.Quiet);
root.Options.Add(Shared.Threads);
root.Options.Add(Shared.Yes);
// The first Ctrl+C lets the step in flight finish; work that does not stop by then is ended.
var configuration = new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(20) };
var exit = await root.Parse(args).InvokeAsync(configuration).ConfigureAwait(false);

// Threads that cells of a notebook have left running must not keep the process.
Environment.Exit(exit);
return exit;
