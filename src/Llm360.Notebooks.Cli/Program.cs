// The llm360 command.
using System.CommandLine;
using Llm360.Notebooks.Cli.Commands;

var root = new RootCommand(
    """
    The LLM360 kit: train a small suite here, run the paper's analyses as C# notebooks, write a report.

    Start with: llm360 reproduce
    Everything is written to artifacts/ of the checkout, or to the folder named by LLM360_HOME. Long work can be stopped at any moment; the same command goes on.
    """)
{
    ReproduceCommand.Create(),
    TrainCommand.Create(),
    RunCommand.Create(),
    DoctorCommand.Create(),
};
root.Options.Add(Shared.Quiet);
// The first Ctrl+C lets the step in flight finish; work that does not stop by then is ended.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(20) }).ConfigureAwait(false);
