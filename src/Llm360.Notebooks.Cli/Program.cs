// The llm360 command.
using System.CommandLine;
using Llm360.Notebooks;
using Llm360.Notebooks.Cli;

// A notebook runs in its own folder, so a relative home is resolved here.
if (Environment.GetEnvironmentVariable(Workspace.HomeVariable) is { Length: > 0 } home)
    Environment.SetEnvironmentVariable(Workspace.HomeVariable, Path.GetFullPath(home));

// The first Ctrl+C lets the current step finish; work that does not stop in time is ended.
var configuration = new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(20) };
var exit = await CommandLine.RunAsync(args, configuration).ConfigureAwait(false);

// Threads left running by a notebook's cells must not keep the process alive.
Environment.Exit(exit);
return exit;
