// What all commands share: options, error handling, cancellation.
using System.CommandLine;
using Llm360.Notebooks.Cli.Terminal;

namespace Llm360.Notebooks.Cli.Commands;

/// <summary>Options of several commands, and the code around each command.</summary>
internal static class Shared
{
    public const int Failed = 1;
    public const int Stopped = 130;

    public static Option<bool> Quiet { get; } = new("--quiet", "-q")
    {
        Description = "Say nothing but results and errors.",
        Recursive = true,
    };

    public static Option<int?> Threads { get; } = new("--threads")
    {
        Description = "Threads of LibTorch and of training (default: one a processor). "
            + "Training gives the same bits with any number.",
        Recursive = true,
    };

    public static Option<bool> Yes { get; } = new("--yes", "-y")
    {
        Description = $"Fetch from the Hugging Face Hub whatever is missing, of any size; else at most 1 GB, or {Downloads.Variable}.",
        Recursive = true,
    };

    /// <summary>
    /// Runs a command. Bad input gives one clear error and exit code 1. Cancellation gives exit
    /// code 130 and the way to resume.
    /// </summary>
    public static void Run(this Command command, string howToResume, Func<ParseResult, Screen, CancellationToken, Task<int>> action) =>
        command.SetAction(async (parsed, cancellation) =>
        {
            var configuration = parsed.InvocationConfiguration;
            var screen = Screen.Create(parsed.GetValue(Quiet), configuration.Output, configuration.Error);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            WatchedProcess.CancelWithParent(stop);
            cancellation = stop.Token;
            // For code that takes the ambient token, such as fetching a tokenizer.
            using var surroundings = AmbientWork.Begin(null, cancellation);
            using var fetching = Downloads.Begin();
            try
            {
                if (parsed.GetValue(Threads) is { } threads)
                    LibTorch.Threads = threads;
                if (parsed.GetValue(Yes))
                    Downloads.Limit = long.MaxValue;
                return await action(parsed, screen, cancellation).ConfigureAwait(false);
            }
            catch (Llm360Exception e)
            {
                screen.Error(e);
                return Failed;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                screen.Error(new Llm360Exception(
                    e.Message, Workspace.Artifacts, "Make room, or make the folder writable; LLM360_HOME names another.", e));
                return Failed;
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                screen.Warn($"Stopped. {howToResume}");
                return Stopped;
            }
        });
}
