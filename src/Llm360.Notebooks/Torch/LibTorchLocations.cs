// Finding the native files: an override, beside the assembly, then the NuGet cache.
using System.Reflection;
using System.Runtime.InteropServices;

namespace Llm360.Notebooks;

/// <summary>Where the LibTorch libraries and TorchSharp's binding lie.</summary>
internal sealed record LibTorchLocations(string Folder, string Binding)
{
    /// <summary>Each library after those it needs.</summary>
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
            throw new Llm360Exception($"There is no LibTorch package for Linux on {RuntimeInformation.ProcessArchitecture}.", RuntimeInformation.RuntimeIdentifier, "Use an x64 machine.");
        var native = Path.Combine("runtimes", rid, "native");
        var beside = Path.GetDirectoryName(typeof(LibTorchLocations).Assembly.Location) is { Length: > 0 } folder ? folder : AppContext.BaseDirectory;
        var packages = PackageCache.Roots();

        var chosen = Environment.GetEnvironmentVariable(LibTorch.FolderVariable);
        List<string> torchFolders = chosen is { Length: > 0 }
            ? [chosen]
            : [beside, Path.Combine(beside, native), .. packages.Select(p => Path.Combine(p, PackageId, LibTorchVersion, native))];
        List<string> bindingFolders =
            [.. chosen is { Length: > 0 } ? [chosen] : Array.Empty<string>(), beside, Path.Combine(beside, native), .. packages.Select(p => Path.Combine(p, "torchsharp", TorchSharpVersion, native))];

        return new LibTorchLocations(
            FirstWith(torchFolders, FileName("torch_cpu"), $"LibTorch {LibTorchVersion}"),
            Path.Combine(FirstWith(bindingFolders, FileName("LibTorchSharp"), $"TorchSharp's native binding {TorchSharpVersion}"), FileName("LibTorchSharp")));
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
