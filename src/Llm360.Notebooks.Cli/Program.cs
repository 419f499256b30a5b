// The llm360 command.
using System.CommandLine;
using Llm360.Notebooks;
using Llm360.Notebooks.Cli;

// A notebook runs in its own folder: a relative home is meant from here.
if (Environment.GetEnvironmentVariable(Workspace.HomeVariable) is { Length: > 0 } home)
    Environment.SetEnvironmentVariable(Workspace.HomeVariable, Path.GetFullPath(home));

// The first Ctrl+C lets the step in flight finish; work that does not stop by then is ended.
var configuration = new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(20) };
var exit = await CommandLine.RunAsync(args, configuration).ConfigureAwait(false);

// Threads that cells of a notebook have left running must not keep the process.
Environment.Exit(exit);
return exit;
