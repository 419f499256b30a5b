// Finds the native files: in a chosen folder, beside the assembly, or in the NuGet cache.
using System.Reflection;
using System.Runtime.InteropServices;

namespace Llm360.Notebooks;

/// <summary>The folders of the LibTorch libraries and of TorchSharp's binding.</summary>
internal sealed record LibTorchLocations(string Folder, string Binding)
{
    /// <summary>The libraries in load order: each after its dependencies.</summary>
    public static readonly IReadOnlyList<string> LoadOrder = ["c10", "torch_cpu", "c10_cuda", "torch_cuda", "torch"];

    public static string LibTorchVersion => Metadata("LibTorchVersion");

    public static string TorchSharpVersion => Metadata("TorchSharpVersion");

    /// <summary>The package with LibTorch for this machine.</summary>
    public static string PackageId => "libtorch-cpu-" + Rid;

    private static string Rid => OperatingSystem.IsWindows() ? "win-x64" : OperatingSystem.IsMacOS() ? "osx-arm64" : "linux-x64";

    public static string FileName(string library) =>
        OperatingSystem.IsWindows() ? library + ".dll" : OperatingSystem.IsMacOS() ? $"lib{library}.dylib" : $"lib{library}.so";

    public static LibTorchLocations Find()
    {
        var rid = Rid;
        if (rid == "linux-x64" && RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            throw new Llm360Exception(
                $"There is no LibTorch package for Linux on {RuntimeInformation.ProcessArchitecture}.",
                RuntimeInformation.RuntimeIdentifier, "Use an x64 machine.");
        }

        var native = Path.Combine("runtimes", rid, "native");
        var assembly = typeof(LibTorchLocations).Assembly.Location;
        var beside = Path.GetDirectoryName(assembly) is { Length: > 0 } folder ? folder : AppContext.BaseDirectory;
        var packages = PackageCache.Roots();

        var chosen = Environment.GetEnvironmentVariable(LibTorch.FolderVariable);
        List<string> torchFolders = chosen is { Length: > 0 }
            ? [chosen]
            : [beside, Path.Combine(beside, native), .. packages.Select(p => Path.Combine(p, PackageId, LibTorchVersion, native))];
        List<string> bindingFolders =
        [
            .. chosen is { Length: > 0 } ? [chosen] : Array.Empty<string>(), beside, Path.Combine(beside, native),
            .. packages.Select(p => Path.Combine(p, "torchsharp", TorchSharpVersion, native)),
        ];

        var bindingName = FileName("LibTorchSharp");
        return new LibTorchLocations(
            FirstWith(torchFolders, FileName("torch_cpu"), $"LibTorch {LibTorchVersion}"),
            Path.Combine(FirstWith(bindingFolders, bindingName, $"TorchSharp's native binding {TorchSharpVersion}"), bindingName));
    }

    private static string FirstWith(List<string> folders, string file, string what) =>
        folders.FirstOrDefault(f => File.Exists(Path.Combine(f, file)))
        ?? throw new Llm360Exception(
            $"{what} was not found ({file}).",
            string.Join("; ", folders.Distinct()),
            $"Run: llm360 doctor --fix, which fetches the packages (in a checkout, dotnet restore does it, too), or set "
                + $"{LibTorch.FolderVariable} to a folder that holds it.");

    private static string Metadata(string key) =>
        typeof(LibTorchLocations).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(a => a.Key == key).Value!;
}
