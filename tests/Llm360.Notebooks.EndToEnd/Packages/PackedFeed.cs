// The three packages, packed once from the sources into a local feed outside of the checkout.
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Llm360.Notebooks.EndToEnd;

/// <summary>Packs as a release is packed, and runs programs in folders outside of the
/// checkout.</summary>
public sealed class PackedFeed : IAsyncLifetime
{
    public const string Version = "0.1.0";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(8);

    private static readonly string Muxer = Path.GetFullPath(Path.Combine(
        RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"));

    private readonly string root = Directory.CreateTempSubdirectory("llm360-packages-").FullName;

    /// <summary>The folder with the packages.</summary>
    public string Feed => PathOf("feed");

    /// <summary>Why nothing was packed; null if it was.</summary>
    public string? Reason { get; private set; }

    public string PathOf(params string[] parts) => Path.Combine([root, .. parts]);

    public async ValueTask InitializeAsync()
    {
        File.WriteAllText(PathOf("NuGet.config"), $"""
            <configuration>
              <packageSources>
                <clear />
                <add key="local" value="{Directory.CreateDirectory(Feed).FullName}" />
                <add key="cache" value="{PackageCache.Roots()[0]}" />
              </packageSources>
            </configuration>
            """);
        foreach (var project in new[] { "Llm360.Notebooks", "Llm360.Notebooks.Kernel", "Llm360.Notebooks.Cli" })
        {
            var result = await RunAsync(Workspace.Repository!, "dotnet", "pack", Path.Combine("src", project), "-c", "Release", "-o", Feed,
                "--artifacts-path", PathOf("build"), "-p:ContinuousIntegrationBuild=true", "-p:RunAnalyzers=false",
                    "-p:UseSharedCompilation=false", "-tl:off");
            if (result.ExitCode == 0)
                continue;
            // NU1301: a source cannot be reached, and a package is not in the cache.
            Assert.True(result.Output.Contains("NU1301", StringComparison.Ordinal), result.Output + result.Error);
            Reason = "dotnet pack needs a package that is neither in the NuGet cache nor can be fetched.";
            return;
        }
    }

    /// <summary>Runs a program with everything that is written in this folder.</summary>
    internal async Task<CommandResult> RunAsync(string folder, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program == "dotnet" ? Muxer : program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["LLM360_HOME"] = PathOf("home"),
                ["DOTNET_ROOT"] = Path.GetDirectoryName(Muxer),
                ["DOTNET_CLI_UI_LANGUAGE"] = "en",
                ["DOTNET_NOLOGO"] = "1",
                // No process stays behind.
                ["MSBUILDDISABLENODEREUSE"] = "1",
            },
        };
        if (program != "dotnet")
        {
            // The tool of a user who has nothing else: no NuGet cache, no settings.
            start.Environment.Remove("NUGET_PACKAGES");
            start.Environment["HOME"] = start.Environment["USERPROFILE"] = Directory.CreateDirectory(PathOf("user-home")).FullName;
            start.Environment["PATH"] = Path.GetDirectoryName(Muxer) + Path.PathSeparator + Environment.GetEnvironmentVariable("PATH");
        }

        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{program} {string.Join(' ', arguments)} did not end in {Patience}.");
        }

        return new CommandResult(process.ExitCode, await output, await error);
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(root, recursive: true);
        return ValueTask.CompletedTask;
    }
}
