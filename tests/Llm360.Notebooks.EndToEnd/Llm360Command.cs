// The llm360 command as a separate process, as a user runs it.
using System.Diagnostics;

namespace Llm360.Notebooks.EndToEnd;

/// <summary>The output of a command, and its exit code.</summary>
/// <param name="ExitCode">The exit code of the process; not 0 if it was killed.</param>
/// <param name="Output">Standard output.</param>
/// <param name="Error">Standard error.</param>
internal sealed record CommandResult(int ExitCode, string Output, string Error);

/// <summary>Runs llm360 with artifacts in a separate folder, which Dispose deletes.</summary>
internal sealed class Llm360Command : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    /// <summary>The command in its own build output. Its copy beside the tests also has the
    /// dependencies of the tests.</summary>
    public static string Program { get; } =
        Path.Combine(Workspace.Repository!, "src", "Llm360.Notebooks.Cli", "bin", new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name,
            Path.GetFileName(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar)), "llm360.dll");

    public string Home { get; } = Directory.CreateTempSubdirectory("llm360-home-").FullName;

    /// <summary>The folder in which the command runs.</summary>
    public string WorkingDirectory { get; set; } = AppContext.BaseDirectory;

    /// <summary>Environment variables of the process.</summary>
    public Dictionary<string, string> Variables { get; } = [];

    public string PathOf(params string[] parts) => Path.Combine([Home, .. parts]);

    /// <summary>Runs the command to its end.</summary>
    public Task<CommandResult> RunAsync(params string[] arguments) => RunAsync((Func<CancellationToken, Task>?)null, arguments);

    /// <summary>Runs the command; kills the process if it exceeds the given time.</summary>
    public Task<CommandResult> RunAsync(TimeSpan? killAfter, params string[] arguments) =>
        RunAsync(killAfter is { } time ? stop => Task.Delay(time, stop) : (Func<CancellationToken, Task>?)null, arguments);

    /// <summary>Runs the command; kills the process if it still runs when the given task
    /// ends.</summary>
    public async Task<CommandResult> RunAsync(Func<CancellationToken, Task>? killWhen, string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = WorkingDirectory,
            Environment = { ["LLM360_HOME"] = Home },
        };
        foreach (var (name, value) in Variables)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(Patience);
        using var ended = new CancellationTokenSource();
        var kill = killWhen is null ? Task.CompletedTask : KillAsync();
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            Assert.Fail($"llm360 {string.Join(' ', arguments)} did not end in {Patience}.");
        }

        await ended.CancelAsync();
        await kill;
        return new CommandResult(process.ExitCode, await output, await error);

        async Task KillAsync()
        {
            try
            {
                await killWhen(ended.Token);
                process.Kill(entireProcessTree: true);
            }
            catch (Exception e) when (e is OperationCanceledException or InvalidOperationException)
            {
                // It ended by itself.
            }
        }
    }

    /// <summary>Files that an interrupted write would leave.</summary>
    public IEnumerable<string> Leftovers() => Directory.EnumerateFileSystemEntries(Home, "*.tmp", SearchOption.AllDirectories);

    public void Dispose() => Directory.Delete(Home, recursive: true);
}
