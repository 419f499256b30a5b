// llm360 kernel: the C# kernel for VS Code, JupyterLab and Notebook.
using System.CommandLine;
using System.Globalization;
using Llm360.Notebooks.Kernel.Execution;
using Llm360.Notebooks.Kernel.Jupyter;

namespace Llm360.Notebooks.Cli.Commands;

/// <summary><c>llm360 kernel install|uninstall|list|run</c></summary>
internal static class KernelCommand
{
    // The note is beside the connection file, which a restarted kernel receives again.
    private const string NoteSuffix = ".cell";

    public static Command Create() =>
        new("kernel", "The C# kernel that VS Code, JupyterLab, Notebook and nbconvert drive.") { Install(), Uninstall(), List(), Run() };

    private static Command Install()
    {
        var user = new Option<bool>("--user") { Description = "For you alone, in your Jupyter data folder; the default." };
        var prefix = new Option<DirectoryInfo?>("--prefix")
        {
            Description = "For one Python environment: the folder that holds its share/jupyter.",
        };
        var name = Name();
        var replace = new Option<bool>("--replace")
        {
            Description = "Take the name from a kernel of another program; kernel uninstall brings that kernel back.",
        };
        var command = new Command("install",
            "Tell Jupyter front ends of the kernel. Run it again after moving or updating the kit. "
                + "With --as .net-csharp, notebooks written for .NET Interactive open with this kernel.") { user, prefix, name, replace };
        command.Validators.Add(given =>
        {
            if (given.GetValue(user) && given.GetValue(prefix) is not null)
                given.AddError("--user and --prefix name two places; give one of them.");
        });
        command.Run("Run it again.", (parsed, screen, _) =>
        {
            var folder = parsed.GetValue(prefix) is { } chosen ? JupyterFolders.Prefix(chosen.FullName) : JupyterFolders.User;
            if (parsed.GetValue(prefix) is { Exists: false } missing)
                screen.Warn($"The folder {missing.FullName} is new: no Python environment looks there yet.");
            var spec = KernelSpec.Install(
                folder, parsed.GetValue(name)!, KernelProgram.Command, KernelProgram.Environment, parsed.GetValue(replace));
            // Jupyter servers serve this folder: figures fetch plotly.js from it, so that notebooks
            // do not have to store it.
            AtomicFile.WriteText(Path.Combine(spec.Folder, "plotly.min.js"), FigureRendering.Renderer.PlotlyJavaScript);
            screen.Say($"Installed {spec.Name} in {spec.Folder}");
            screen.Say(spec.Name == KernelSpec.DefaultName
                ? "Open a notebook in VS Code, JupyterLab or Notebook: those of this repository name the kernel and ask nothing."
                : $"Notebooks that name the kernel {spec.Name} open with it in VS Code, JupyterLab and Notebook.");
            return Task.FromResult(0);
        });
        return command;
    }

    private static Command Uninstall()
    {
        var prefix = new Option<DirectoryInfo?>("--prefix")
        {
            Description = "From this Python environment (default: from everywhere it is found).",
        };
        var name = Name();
        var command = new Command("uninstall", "Take the kernel away from Jupyter front ends.") { prefix, name };
        command.Run("Run it again.", (parsed, screen, _) =>
        {
            IReadOnlyList<string> folders = parsed.GetValue(prefix) is { } chosen
                ? [JupyterFolders.Prefix(chosen.FullName)]
                : JupyterFolders.All;
            var specs = KernelSpec.Find(folders).Where(spec => spec.Name == parsed.GetValue(name)).ToList();
            if (specs.Count == 0)
            {
                throw new Llm360Exception(
                    $"No kernel named {parsed.GetValue(name)} is installed.",
                    string.Join(", ", folders),
                    "llm360 kernel list shows what is.");
            }

            foreach (var spec in specs)
            {
                spec.Uninstall();
                screen.Say($"Removed {spec.Folder}");
            }

            return Task.FromResult(0);
        });
        return command;
    }

    private static Command List()
    {
        var prefix = new Option<DirectoryInfo?>("--prefix") { Description = "Look into this Python environment, too." };
        const string description = "Show where the kernel is installed. Exit code 1 if one of them starts a program that is gone.";
        var command = new Command("list", description) { prefix };
        command.Run("Run it again.", (parsed, screen, _) =>
        {
            string[] more = parsed.GetValue(prefix) is { } chosen ? [JupyterFolders.Prefix(chosen.FullName)] : [];
            var specs = KernelSpec.Find(JupyterFolders.All.Concat(more)).DistinctBy(spec => spec.Folder).ToList();
            if (specs.Count == 0)
                screen.Say("The kernel is not installed: llm360 kernel install.");
            else
                screen.Rows("Kernels", ["name", "folder", "starts", ""], specs.Select(Row));
            return Task.FromResult(specs.TrueForAll(spec => spec.Works) ? 0 : Shared.Failed);
        });
        return command;

        static string[] Row(KernelSpec spec) =>
        [
            spec.Name,
            spec.Folder,
            string.Join(' ', spec.Command.TakeWhile(part => part != "kernel")),
            spec.Works ? "ok" : "gone: install again",
        ];
    }

    private static Command Run()
    {
        var file = new Option<FileInfo>("--connection-file", "-f") { Description = "Written by Jupyter: ports and key.", Required = true };
        var watch = new Option<bool>("--watch")
        {
            Description = "Run the kernel in a process of its own. If that dies, the next kernel says how, and in which cell.",
        };
        var interactive = new Option<bool>("--dotnet-interactive")
        {
            Description = "Give cells the namespaces that .NET Interactive gives them.",
        };
        var command = new Command("run", "Be the kernel of one client; front ends start this themselves.") { file, watch, interactive };
        command.Run("Start the kernel again from the front end.", async (parsed, screen, cancellation) =>
        {
            var path = parsed.GetValue(file)!.FullName;
            if (parsed.GetValue(watch))
                return await WatchAsync(path, parsed.GetValue(interactive), cancellation).ConfigureAwait(false);
            var connection = ConnectionFile.Read(path);
            using var gone = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            var parentId = Environment.GetEnvironmentVariable("JPY_PARENT_PID");
            if (int.TryParse(parentId, NumberStyles.None, CultureInfo.InvariantCulture, out var parent))
                _ = ParentProcess.WhenGoneAsync(parent, gone);
            var exit = 0;
            try
            {
                var options = new KernelOptions
                {
                    Complain = screen.Warn,
                    CellNote = path + NoteSuffix,
                    DotNetInteractive = parsed.GetValue(interactive),
                };
                await JupyterKernel.RunAsync(connection, options, gone.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is not Llm360Exception)
            {
                await Console.Error.WriteLineAsync($"llm360 kernel: ended by a fault. {e}").ConfigureAwait(false);
                exit = Shared.Failed;
            }

            return exit;
        });
        return command;
    }

    private static async Task<int> WatchAsync(string connection, bool interactive, CancellationToken cancellation)
    {
        string[] compatibility = interactive ? ["--dotnet-interactive"] : [];
        string[] arguments = ["kernel", "run", .. compatibility, "--connection-file", connection];
        var (exit, cause) = await WatchedProcess.RunAsync(arguments, readErrors: true, note: null, cancellation).ConfigureAwait(false);
        if (cause is not null)
            new CellNote(connection + NoteSuffix).AddCause(cause);
        return exit;
    }

    private static Option<string> Name() =>
        new("--name", "--as") { Description = "Its name among Jupyter's kernels.", DefaultValueFactory = _ => KernelSpec.DefaultName };
}
