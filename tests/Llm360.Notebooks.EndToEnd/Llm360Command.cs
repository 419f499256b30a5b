// The llm360 command as a process of its own, as a user runs it.
using System.Diagnostics;

namespace Llm360.Notebooks.EndToEnd;

/// <summary>What a command printed, and how it ended.</summary>
/// <param name="ExitCode">Of the process; not 0 when it was killed.</param>
/// <param name="Output">Standard output.</param>
/// <param name="Error">Standard error.</param>
internal sealed record CommandResult(int ExitCode, string Output, string Error);

/// <summary>Runs llm360 with artifacts in a folder of its own, which is deleted at the end.</summary>
internal sealed class Llm360Command : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    /// <summary>The command as it was built, not its copy among the tests: beside those lies what they use.</summary>
    public static string Program { get; } =
        Path.Combine(Workspace.Repository!, "src", "Llm360.Notebooks.Cli", "bin", new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name,
            Path.GetFileName(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar)), "llm360.dll");

    public string Home { get; } = Directory.CreateTempSubdirectory("llm360-home-").FullName;

    /// <summary>The folder in which the command runs.</summary>
    public string WorkingDirectory { get; set; } = AppContext.BaseDirectory;

    /// <summary>Variables set for the process.</summary>
    public Dictionary<string, string> Variables { get; } = [];

    public string PathOf(params string[] parts) => Path.Combine([Home, .. parts]);

    /// <summary>Runs to the end.</summary>
    public Task<CommandResult> RunAsync(params string[] arguments) => RunAsync((Func<CancellationToken, Task>?)null, arguments);

    /// <summary>Runs, and kills the process without warning after a while if it has not ended.</summary>
    public Task<CommandResult> RunAsync(TimeSpan? killAfter, params string[] arguments) =>
        RunAsync(killAfter is { } time ? stop => Task.Delay(time, stop) : (Func<CancellationToken, Task>?)null, arguments);

    /// <summary>Runs, and kills the process without warning when a wait is over if it has not ended before.</summary>
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

    /// <summary>Files that a broken-off write would leave.</summary>
    public IEnumerable<string> Leftovers() => Directory.EnumerateFileSystemEntries(Home, "*.tmp", SearchOption.AllDirectories);

    public void Dispose() => Directory.Delete(Home, recursive: true);
}
