// The kernel as a separate process, started as by a front end but without one.
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Llm360.Notebooks.Kernel.Jupyter;
using Llm360.Notebooks.Kernel.Tests.Jupyter;
using NetMQ;

namespace Llm360.Notebooks.EndToEnd.Jupyter;

/// <summary>One process and its client. Dispose kills the process if it still runs.</summary>
internal sealed class KernelProcess : IAsyncDisposable
{
    // The maximum wait for a broken kernel.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly StringBuilder errors = new();

    /// <summary>Starts a kernel on the ports of the connection.</summary>
    public KernelProcess(Llm360Command llm360, ConnectionFile connection, params string[] options)
        : this(
            ["dotnet", Llm360Command.Program, "kernel", "run", "--connection-file", "{connection_file}", .. options],
            [KeyValuePair.Create("LLM360_HOME", llm360.Home), .. llm360.Variables],
            llm360.Home,
            connection)
    {
    }

    /// <summary>Starts the command of a kernel spec.</summary>
    /// <param name="command">Its <c>argv</c>.</param>
    /// <param name="variables">Its <c>env</c>, and further environment variables.</param>
    /// <param name="folder">The working directory. The connection file is written there.</param>
    /// <param name="connection">Its ports.</param>
    public KernelProcess(IReadOnlyList<string> command, IEnumerable<KeyValuePair<string, string>> variables, string folder,
        ConnectionFile connection)
    {
        var file = Path.Combine(folder, "connection.json");
        File.WriteAllText(file, JsonSerializer.Serialize(connection));
        var start = new ProcessStartInfo(command[0], command.Skip(1).Select(part => part == "{connection_file}" ? file : part))
        {
            RedirectStandardError = true,
            WorkingDirectory = folder,
        };
        foreach (var (name, value) in variables)
            start.Environment[name] = value;
        Process = Process.Start(start)!;
        Process.ErrorDataReceived += (_, line) =>
        {
            lock (errors)
                errors.AppendLine(line.Data);
        };
        Process.BeginErrorReadLine();
        Client = new KernelClient(connection);
    }

    public Process Process { get; }

    public KernelClient Client { get; }

    /// <summary>The text written to stderr.</summary>
    public string Errors
    {
        get
        {
            lock (errors)
                return errors.ToString();
        }
    }

    /// <summary>Waits for the reply to a cell.</summary>
    /// <returns>The reply; null if the process ended instead.</returns>
    public Message? ReplyOrEnd(string code)
    {
        var request = Client.Execute(code);
        var watch = Stopwatch.StartNew();
        while (!Client.Shell.Poll(PollEvents.PollIn, TimeSpan.FromMilliseconds(100)).HasFlag(PollEvents.PollIn))
        {
            Assert.True(watch.Elapsed < Patience, $"The kernel neither answers nor ends.\n{Errors}");
            if (Process.HasExited)
                return null;
        }

        return Client.Reply(Client.Shell, request);
    }

    /// <summary>Waits for the end of the process.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> EndAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        await Process.WaitForExitAsync(limit.Token);
        return Process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!Process.HasExited)
            Process.Kill(entireProcessTree: true);
        await Process.WaitForExitAsync();
        Process.Dispose();
        await Client.DisposeAsync();
    }
}
