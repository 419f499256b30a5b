// llm360 doctor: describes this machine and says what to fix.
using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Llm360.Notebooks.Cli.Terminal;

namespace Llm360.Notebooks.Cli.Commands;

/// <summary><c>llm360 doctor</c></summary>
internal static class DoctorCommand
{
    private const double LargestError = 1e-5;
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Converters = { new JsonStringEnumConverter() },
    };

    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "Print the description as JSON." };
        var fix = new Option<bool>("--fix")
        {
            Description = "First fetch the packages that are missing here into the NuGet cache: LibTorch, DuckDB, and the text of "
                + "nano. Their size is shown first.",
        };
        var command = new Command("doctor", "Describe LibTorch, threads, device and memory on this machine, measure one matrix "
            + "product, and say what to fix. Exit code 1 if something is broken.") { json, fix };
        command.Run("Run it again.", async (parsed, screen, cancellation) =>
        {
            if (parsed.GetValue(fix))
                await MissingPackages.FetchAsync(screen, cancellation).ConfigureAwait(false);
            var report = TorchReport.Describe();
            if (parsed.GetValue(json))
                screen.Out.WriteLine(JsonSerializer.Serialize(report, Json));
            else
                Show(screen, report);
            return report.ProductError <= LargestError ? 0 : Shared.Failed;
        });
        return command;
    }

    private static void Show(Screen screen, TorchReport report)
    {
        var hub = HubSettings.FromEnvironment();
        screen.Facts("This machine",
        [
            ("processor", report.Processor),
            ("memory", string.Create(CultureInfo.InvariantCulture, $"{report.MemoryBytes / 1e9:0.0} GB")),
            ("device", report.Device),
            ("threads of an operator", report.Threads.ToString(CultureInfo.InvariantCulture)),
            ("TorchSharp, LibTorch", $"{report.TorchSharp}, {report.LibTorch}"),
            ("matrix products by", report.Blas ?? "a library that does not tell its name"),
            ("LibTorch folder", report.Folder),
            ("binding", report.BindingPatched ? "a patched copy (this system's C++ runtime is older than GLIBCXX_3.4.32)" : "as shipped"),
            ("MKL's fast path on AMD", report.AmdSwitch.ToString()),
            ("1024³ float32 product", string.Create(
                CultureInfo.InvariantCulture,
                $"{report.ProductGflops:0} GFLOP/s, largest relative error {report.ProductError:0.0e+0}")),
            ("writes to", Workspace.Artifacts),
            ("Hugging Face Hub", $"{hub.Endpoint}{(hub.Offline ? ", offline" : "")}, {(hub.Token is null ? "no token" : "with a token")}"),
            ("Hub's cache", hub.CacheFolder),
        ]);
        if (report.ProductError > LargestError)
        {
            screen.Warn("Matrix products are wrong here. "
                + $"Set LLM360_AMD_SWITCH=off, or {LibTorch.FolderVariable} to another LibTorch, and run again.");
        }
        else if (report.AmdSwitch == AmdSwitchState.Off)
            screen.Warn("MKL's fast path is off (LLM360_AMD_SWITCH=off): matrix products run at about half speed.");
        else if (report.AmdSwitch == AmdSwitchState.Failed)
            screen.Warn("The system refused to make MKL's code writable: matrix products run at about half speed.");
        else if (MissingPackages.Find() is { Count: > 0 } missing)
            screen.Warn($"{missing.Count} packages are missing, which queries or the training of nano need. Run: llm360 doctor --fix");
        else
            screen.Say("Nothing to fix.");
    }
}
