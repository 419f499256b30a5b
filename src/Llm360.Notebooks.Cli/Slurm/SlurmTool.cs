// Runs Slurm's commands.
using System.ComponentModel;
using System.Diagnostics;

namespace Llm360.Notebooks.Cli.Slurm;

/// <summary>Output and exit code of a Slurm command.</summary>
internal sealed record SlurmAnswer(int ExitCode, string Output, string Error)
{
    /// <summary>The error without the command's name, in one line.</summary>
    public string Reason => string.Join(' ', Error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}

/// <summary>Runs <c>sbatch</c>, <c>squeue</c>, <c>sinfo</c> and <c>scontrol</c>.</summary>
internal static class SlurmTool
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Runs a command to its end.</summary>
    /// <returns>Null if the command is not on PATH.</returns>
    public static async Task<SlurmAnswer?> TryAsync(string command, CancellationToken cancellation, params string[] arguments)
    {
        var start = new ProcessStartInfo(command, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            return null;
        }

        using (process)
        {
            var output = process.StandardOutput.ReadToEndAsync(cancellation);
            var error = process.StandardError.ReadToEndAsync(cancellation);
            try
            {
                await process.WaitForExitAsync(cancellation).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                process.Kill();
                throw;
            }

            return new SlurmAnswer(process.ExitCode, await output.ConfigureAwait(false), await error.ConfigureAwait(false));
        }
    }

    /// <summary>
    /// Lines of a command's output; null if it is missing, fails or does not answer.
    /// </summary>
    public static async Task<IReadOnlyList<string>?> LinesAsync(string command, CancellationToken cancellation, params string[] arguments)
    {
        // If Slurm is installed but no cluster answers, its commands retry for a minute.
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Patience);
        try
        {
            return await TryAsync(command, limit.Token, arguments).ConfigureAwait(false) is { ExitCode: 0 } answer
                ? answer.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) : null;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return null;
        }
    }
}
