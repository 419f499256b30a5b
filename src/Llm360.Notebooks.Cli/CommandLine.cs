// All commands of llm360, and running one of them.
using System.CommandLine;
using Llm360.Notebooks.Cli.Commands;

namespace Llm360.Notebooks.Cli;

/// <summary>The command line: its commands, and how they run.</summary>
internal static class CommandLine
{
    // Spellings of earlier versions, which scripts may still have.
    private static readonly Dictionary<string, string> Former = new()
    {
        ["--tokens"] = "--rows",
        ["--dtype"] = "--precision",
        ["--output"] = "--out",
    };

    /// <summary>Runs a command.</summary>
    /// <param name="arguments">The arguments after <c>llm360</c>.</param>
    /// <param name="configuration">Where results and errors go.</param>
    /// <param name="cancellation">Stops the command.</param>
    /// <returns>The exit code.</returns>
    public static Task<int> RunAsync(
        string[] arguments, InvocationConfiguration configuration, CancellationToken cancellation = default)
    {
        var parsed = Root().Parse(Rewritten(arguments));
        return Usage.Report(parsed, configuration.Error) is { } exit ? Task.FromResult(exit)
            : parsed.InvokeAsync(configuration, cancellation);
    }

    /// <summary>The commands.</summary>
    public static RootCommand Root()
    {
        var root = new RootCommand(
            """
            The LLM360 kit: train a small suite here, run the paper's analyses as C# notebooks, write a report.

            Start with: llm360 reproduce
            Everything is written to artifacts/ of the checkout, or to the folder named by LLM360_HOME; without either,
            to llm360 in your local application data. Long work can be stopped at any time; the same command resumes it.
            """)
        {
            ReproduceCommand.Create(),
            TrainCommand.Create(),
            ListCommand.Create(),
            CheckCommand.Create(),
            RunCommand.Create(),
            ConvertCommand.Create(),
            InspectCommand.Create(),
            CompareCommand.Create(),
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
            ExportCommand.Create(),
            PlotCommand.Create(),
            TokenizeCommand.Create(),
            NewCommand.Create(),
            KernelCommand.Create(),
            CacheCommand.Create(),
            DoctorCommand.Create(),
        };
        root.Options.Add(Shared.Quiet);
        root.Options.Add(Shared.Threads);
        root.Options.Add(Shared.Yes);
        return root;
    }

    // "llm360 help" and "llm360 help grid" are common first attempts.
    private static string[] Rewritten(string[] arguments) => arguments switch
    {
        [] => ["--help"],
        ["help", .. var rest] => [.. rest, "--help"],
        _ => [.. arguments.Select(Current)],
    };

    private static string Current(string argument)
    {
        var name = argument.Split('=', 2)[0];
        return Former.TryGetValue(name, out var current) ? current + argument[name.Length..] : argument;
    }
}
