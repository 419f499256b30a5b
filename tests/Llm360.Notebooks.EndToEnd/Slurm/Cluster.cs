// A real Slurm of this machine, for the tests of a class; they are skipped where there is none.
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Llm360.Notebooks.EndToEnd.Slurm;

/// <summary>Runs cluster.sh as long as the tests run.</summary>
public sealed class Cluster : IAsyncLifetime
{
    private static readonly string[] Programs = ["munged", "slurmctld", "slurmd", "sbatch"];
    private readonly string folder = Directory.CreateTempSubdirectory("llm360-slurm-").FullName;
    private Process? script;
    private string? skipped;

    /// <summary>Variables of the clients.</summary>
    public IReadOnlyDictionary<string, string> Variables =>
        new Dictionary<string, string> { ["SLURM_CONF"] = Path.Combine(folder, "slurm.conf") };

    public async ValueTask InitializeAsync()
    {
        skipped = Programs.FirstOrDefault(p => Find(p) is null) is { } missing
            ? $"needs a real Slurm: {missing} is not on PATH (Debian: slurm-wlm, munge)"
            : Environment.UserName != "root" ? "needs root to start a Slurm" : null;
        if (skipped is not null)
            return;
        var (controller, node) = (FreePort(), FreePort());
        var path = Path.Combine(AppContext.BaseDirectory, "Slurm", "cluster.sh");
        var start = new ProcessStartInfo("bash", [path, folder, $"{controller}", $"{node}"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        script = Process.Start(start)!;
        var answer = await script.StandardOutput.ReadLineAsync();
        if (answer != "ready")
            skipped = $"this machine's Slurm does not start: {answer}";
    }

    public async ValueTask DisposeAsync()
    {
        if (script is not null)
        {
            script.StandardInput.Close();
            await script.WaitForExitAsync();
            script.Dispose();
        }

        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Skips the test where no cluster runs.</summary>
    public void Require() => Assert.SkipWhen(skipped is not null, skipped ?? "");

    /// <summary>Stops or starts the daemon of the node.</summary>
    public async Task NodeAsync(string verb)
    {
        await script!.StandardInput.WriteLineAsync($"{verb} slurmd");
        await script.StandardInput.FlushAsync();
        await script.StandardOutput.ReadLineAsync();
    }

    /// <summary>Output of a client; an error fails the test.</summary>
    public async Task<string> RunAsync(string command, params string[] arguments)
    {
        var (output, error) = await TryAsync(command, arguments);
        Assert.True(error is null, $"{command} {string.Join(' ', arguments)}: {error}");
        return output;
    }

    /// <summary>Output of a client, and its error; null for none.</summary>
    public async Task<(string Output, string? Error)> TryAsync(string command, params string[] arguments)
    {
        var start = new ProcessStartInfo(command, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in Variables)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return ((await output).Trim(), process.ExitCode == 0 ? null : await error);
    }

    private static string? Find(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Select(f => Path.Combine(f, program)).FirstOrDefault(File.Exists);

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
