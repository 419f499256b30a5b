// Runs a command in a child process, because a process cannot report its own stack overflow.
using System.Diagnostics;
using System.Text;

namespace Llm360.Notebooks.Cli.Commands;

/// <summary>Runs a command in a child process and reports how the child ended.</summary>
internal static class WatchedProcess
{
    // Set for the child. The child stops when its standard input is closed, which also happens when
    // the parent ends.
    private const string Variable = "LLM360_WATCHED", NoteVariable = "LLM360_CELL_NOTE";

    // Exit codes of a process ended by a signal on Unix, and by a stack overflow on Windows.
    private const int Abort = 134, Killed = 137, SegmentationFault = 139, WindowsStackOverflow = unchecked((int)0xC00000FD);

    /// <summary>Whether this process is such a child.</summary>
    public static bool IsChild { get; } = Take(Variable) is not null;

    /// <summary>In a child: the file in which it notes the running cell; null for none.</summary>
    public static string? Note { get; } = Take(NoteVariable);

    /// <summary>Runs the command to its end.</summary>
    /// <param name="arguments">The command's arguments.</param>
    /// <param name="readErrors">
    /// Whether the parent reads and forwards the child's standard error. A stack overflow is then
    /// recognised reliably, but the child has no terminal.
    /// </param>
    /// <param name="note">
    /// The file in which the child notes the running cell; null for none.
    /// </param>
    /// <param name="cancellation">Asks the child to stop.</param>
    /// <returns>The exit code, and the cause if the child was ended from outside.</returns>
    public static async Task<(int ExitCode, string? Cause)> RunAsync(
        IEnumerable<string> arguments, bool readErrors, string? note, CancellationToken cancellation)
    {
        var command = KernelProgram.Command;
        var start = new ProcessStartInfo(command[0], command.Skip(1).Concat(arguments))
        {
            RedirectStandardInput = true,
            RedirectStandardError = readErrors,
        };
        start.Environment[Variable] = "1";
        start.Environment[NoteVariable] = note;
        using var child = Process.Start(start)!;
        await using var registration = cancellation.Register(child.StandardInput.Close).ConfigureAwait(false);
        var overflow = readErrors && await ForwardAsync(child.StandardError.BaseStream).ConfigureAwait(false);
        await child.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        return (child.ExitCode, overflow ? "a stack overflow" : Cause(child.ExitCode));
    }

    /// <summary>
    /// In the child: cancels when the parent requests it or has ended. Does nothing in other
    /// processes.
    /// </summary>
    public static void CancelWithParent(CancellationTokenSource stop)
    {
        if (IsChild)
            new Thread(() => WaitForParent(stop)) { IsBackground = true, Name = "parent" }.Start();
    }

    // Removes the variable, so that processes started by a cell are not such children.
    private static string? Take(string variable)
    {
        var value = Environment.GetEnvironmentVariable(variable);
        Environment.SetEnvironmentVariable(variable, null);
        return value;
    }

    private static void WaitForParent(CancellationTokenSource stop)
    {
        using var input = Console.OpenStandardInput();
        while (input.ReadByte() >= 0)
        {
        }

        try
        {
            stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The command ended first.
        }
    }

    private static string? Cause(int exitCode) => exitCode switch
    {
        Abort => "signal 6 (SIGABRT), which is how a stack overflow ends a process; the runtime says above what it was",
        SegmentationFault => "signal 11 (SIGSEGV), which is how a fault in native code ends a process, a stack overflow there as well",
        Killed => "signal 9 (SIGKILL), which the system sends when memory is short",
        WindowsStackOverflow => "a stack overflow",
        _ => null,
    };

    /// <summary>
    /// Forwards the child's output. Returns whether the runtime reported a stack overflow.
    /// </summary>
    private static async Task<bool> ForwardAsync(Stream from)
    {
        using var to = Console.OpenStandardError();
        var (buffer, line, overflow) = (new byte[4096], new StringBuilder("\n"), false);
        int read;
        while ((read = await from.ReadAsync(buffer).ConfigureAwait(false)) > 0)
        {
            try
            {
                await to.WriteAsync(buffer.AsMemory(0, read)).ConfigureAwait(false);
            }
            catch (IOException)
            {
                // The output is closed.
            }

            line.Append(Encoding.Latin1.GetString(buffer, 0, read));
            var text = line.ToString();
            overflow |= text.Contains("\nStack overflow.", StringComparison.Ordinal);

            // The message may be split over two reads.
            if (text.Length > 100)
                line.Remove(0, line.Length - 100);
        }

        return overflow;
    }
}
