// Finds and fetches missing NuGet packages that the installed tool uses from the cache.
using System.Globalization;
using System.Text.Json;
using Llm360.Notebooks.Cli.Terminal;
using Llm360.Notebooks.Kernel.Packages;

namespace Llm360.Notebooks.Cli.Commands;

/// <summary>
/// LibTorch, its binding, DuckDB, and the packages whose text the suites are trained on.
/// </summary>
internal static class MissingPackages
{
    private const string SizesResource = "package-sizes.json";
    private static readonly string[] TrainedHere = ["nano", "pico"];

    private static readonly Lazy<Dictionary<string, long>> Sizes = new(() =>
    {
        using var stream = typeof(MissingPackages).Assembly.GetManifestResourceStream(SizesResource)!;
        return JsonSerializer.Deserialize<Dictionary<string, long>>(stream)!;
    });

    /// <summary>All packages that are used from the cache.</summary>
    /// <exception cref="Llm360Exception">
    /// The user's own manifest of nano or pico is malformed.
    /// </exception>
    public static IReadOnlyList<PackageRequest> All =>
    [
        new("TorchSharp", LibTorchLocations.TorchSharpVersion),
        .. Environment.GetEnvironmentVariable(LibTorch.FolderVariable) is { Length: > 0 } ? Array.Empty<PackageRequest>()
            : [new(LibTorchLocations.PackageId, LibTorchLocations.LibTorchVersion)],
        new(DuckDbNative.PackageId, DuckDbNative.Version),
        .. TrainedHere.SelectMany(suite => Suites.Recipe(suite).Corpus.Sources).SelectMany(s => s.Packages)
            .Select(p => new PackageRequest(p.Id, p.Version)).Distinct(),
    ];

    /// <summary>The packages that are in no package folder of this machine.</summary>
    public static IReadOnlyList<PackageRequest> Find() =>
        [.. All.Where(p => !PackageCache.Roots().Any(root => Directory.Exists(Path.Combine(root, Lower(p.Id), Lower(p.Version)))))];

    /// <summary>Bytes of a package's file; null if they are not known.</summary>
    public static long? Size(PackageRequest package) =>
        Sizes.Value.TryGetValue($"{Lower(package.Id)}/{Lower(package.Version)}", out var size) ? size : null;

    /// <summary>Shows the missing packages with their size, and fetches them.</summary>
    /// <exception cref="Llm360Exception">A package cannot be fetched.</exception>
    public static async Task FetchAsync(Screen screen, CancellationToken cancellation)
    {
        var missing = Find();
        if (missing.Count == 0)
            return;
        var unknown = missing.Count(p => Size(p) is null);
        var total = Downloads.Text(missing.Sum(p => Size(p) ?? 0)) + (unknown > 0 ? $" and {unknown} of unknown size" : "");
        // On stderr, so that the output of --json is valid JSON.
        screen.Warn(string.Create(CultureInfo.InvariantCulture,
            $"Fetching {missing.Count} packages into {PackageCache.Roots()[0]}: {total}"));
        foreach (var package in missing)
            screen.Warn($"  {package.Id} {package.Version}, {(Size(package) is { } size ? Downloads.Text(size) : "size unknown")}");
        await new PackageRestore(Environment.CurrentDirectory).DownloadAsync(missing, cancellation).ConfigureAwait(false);
        if (Find() is [var lost, ..])
        {
            throw new Llm360Exception($"{lost.Id} {lost.Version} was fetched and is in none of the folders that the kit looks in.",
                string.Join("; ", PackageCache.Roots()),
                "Set NUGET_PACKAGES to the folder that dotnet nuget locals global-packages --list names.");
        }

        LibTorch.LookAgain();
    }

    // The NuGet cache uses lower-case folder names.
#pragma warning disable CA1308
    private static string Lower(string text) => text.ToLowerInvariant();
#pragma warning restore CA1308
}
