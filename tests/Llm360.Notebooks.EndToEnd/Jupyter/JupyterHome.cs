// A separate Jupyter for a test: folders, kernel, trained suite, copies of notebooks, servers.
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Llm360.Notebooks.EndToEnd.Jupyter;

/// <summary>A Python interpreter with Jupyter packages.</summary>
/// <param name="Program">The interpreter.</param>
internal sealed record Python(string Program)
{
    /// <summary>The variable that names a Python environment with JupyterLab, newer Jupyter
    /// packages, huggingface_hub and transformers.</summary>
    public const string PeersVariable = "LLM360_PEERS";

    /// <summary>Returns the system's Python. Skips the test if it lacks the module.</summary>
    public static Python System(string module)
    {
        var python = new[] { "/usr/bin/python3", "python3", "python" }
            .Select(name => new Python(name))
            .FirstOrDefault(candidate => candidate.Has(module));
        Assert.SkipWhen(python is null, $"needs Jupyter: no Python of this system has the module {module}");
        return python!;
    }

    /// <summary>Returns the environment that the variable names. Skips the test if the variable is
    /// not set.</summary>
    public static Python Peers(string module)
    {
        var folder = Environment.GetEnvironmentVariable(PeersVariable);
        Assert.SkipWhen(string.IsNullOrEmpty(folder), $"needs {PeersVariable}, the folder of a Python environment with {module}");
        var python = new Python(Path.Combine(folder!, OperatingSystem.IsWindows() ? "Scripts/python.exe" : "bin/python"));
        Assert.True(python.Has(module), $"{python.Program} lacks {module}");
        return python;
    }

    private bool Has(string module)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(Program, ["-c", $"import {module}"]) { RedirectStandardError = true })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (global::System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}

/// <summary>The folders, kernel and servers of one test. Dispose ends the servers.</summary>
internal sealed class JupyterHome : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly Llm360Command llm360 = new();
    private readonly List<Process> servers = [];

    private JupyterHome()
    {
        foreach (var name in new[] { "JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR" })
            llm360.Variables[name] = Directory.CreateDirectory(llm360.PathOf("jupyter", name)).FullName;
        llm360.Variables["JUPYTERLAB_SETTINGS_DIR"] = llm360.PathOf("jupyter", "settings");
        llm360.Variables["JUPYTERLAB_WORKSPACES_DIR"] = llm360.PathOf("jupyter", "workspaces");
    }

    /// <summary>The folder of the notebooks.</summary>
    public string Notebooks => llm360.PathOf("work");

    /// <summary>Creates a home with the kernel installed for the user. With <c>suite</c> it also
    /// has the pico suite and the notebooks of this repository, set to pico.</summary>
    public static async Task<JupyterHome> CreateAsync(bool suite)
    {
        var home = new JupyterHome();
        await home.RunLlm360Async("kernel", "install", "--user", "-q");
        Directory.CreateDirectory(home.Notebooks);
        if (!suite)
            return home;
        await home.llm360.AddPicoAsync();
        foreach (var notebook in Directory.GetFiles(Path.Combine(Workspace.Repository!, "notebooks"), "*.ipynb"))
        {
            var text = File.ReadAllText(notebook);
            Assert.Contains("\\\"nano\\\"", text, StringComparison.Ordinal);
            File.WriteAllText(
                Path.Combine(home.Notebooks, Path.GetFileName(notebook)),
                text.Replace("\\\"nano\\\"", "\\\"pico\\\"", StringComparison.Ordinal));
        }

        return home;
    }

    /// <summary>Runs llm360 and checks that it succeeds.</summary>
    public async Task<CommandResult> RunLlm360Async(params string[] arguments)
    {
        var result = await llm360.RunAsync(arguments);
        Assert.True(result.ExitCode == 0, $"{string.Join(' ', arguments)}: {result.Error}");
        return result;
    }

    /// <summary>Runs a Python program to its end.</summary>
    public async Task<CommandResult> RunAsync(Python python, params string[] arguments)
    {
        using var process = Start(python, arguments);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{string.Join(' ', arguments)} did not end in {Patience}: {await error}");
        }

        return new CommandResult(process.ExitCode, await output, await error);
    }

    /// <summary>Starts a server on a free local port and waits until it answers.</summary>
    /// <returns>The address of the server, and its token.</returns>
    public async Task<(Uri Address, string Token)> ServeAsync(Python python, string module, string tokenOption)
    {
        int port;
        using (var listener = new TcpListener(IPAddress.Loopback, 0))
        {
            listener.Start();
            port = ((IPEndPoint)listener.LocalEndpoint).Port;
        }

        var server =
            Start(python, "-m", module, "--allow-root", "--no-browser", "--ip=127.0.0.1", $"--port={port}", $"--{tokenOption}=secret");
        servers.Add(server);
        var log = new List<string?>();
        server.OutputDataReceived += (_, line) => log.Add(line.Data);
        server.ErrorDataReceived += (_, line) => log.Add(line.Data);
        server.BeginOutputReadLine();
        server.BeginErrorReadLine();
        var address = new Uri($"http://127.0.0.1:{port}");
        using var client = new HttpClient();
        for (var watch = Stopwatch.StartNew(); ; await Task.Delay(100))
        {
            Assert.False(server.HasExited, string.Join('\n', log));
            Assert.True(watch.Elapsed < Patience, string.Join('\n', log));
            try
            {
                if ((await client.GetAsync(new Uri(address, "/api?token=secret"))).IsSuccessStatusCode)
                    return (address, "secret");
            }
            catch (HttpRequestException)
            {
                // The server does not answer yet.
            }
        }
    }

    public void Dispose()
    {
        foreach (var server in servers)
        {
            server.Kill(entireProcessTree: true);
            server.WaitForExit();
            server.Dispose();
        }

        llm360.Dispose();
    }

    private Process Start(Python python, params string[] arguments)
    {
        var start = new ProcessStartInfo(python.Program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Notebooks,
            Environment = { ["LLM360_HOME"] = llm360.Home },
        };
        foreach (var (name, value) in llm360.Variables)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }
}
