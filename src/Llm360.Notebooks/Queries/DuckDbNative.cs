// Finds DuckDB's native library: beside the assembly, then in the NuGet cache.
using System.Reflection;
using System.Runtime.InteropServices;
using DuckDB.NET.Native;

namespace Llm360.Notebooks;

/// <summary>Loads DuckDB once per process.</summary>
internal static class DuckDbNative
{
    private static readonly Lazy<nint> Library = new(Load);

    /// <summary>Version of the package.</summary>
    public static string Version { get; } = typeof(DuckDbNative).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .First(a => a.Key == "DuckDbVersion").Value!;

    /// <summary>The package with the native libraries.</summary>
    public const string PackageId = "DuckDB.NET.Bindings.Full";

    /// <summary>Loads the library; later calls return at once.</summary>
    /// <exception cref="Llm360Exception">It is missing or cannot be loaded.</exception>
    public static void Require() => _ = Library.Value;

    private static nint Load()
    {
        var (rid, file) = OperatingSystem.IsMacOS() ? ("osx", "libduckdb.dylib")
            : OperatingSystem.IsWindows() ? ($"win-{Architecture()}", "duckdb.dll") : ($"linux-{Architecture()}", "libduckdb.so");
        var native = Path.Combine("runtimes", rid, "native");
        var beside = Path.GetDirectoryName(typeof(DuckDbNative).Assembly.Location) is { Length: > 0 } folder
            ? folder : AppContext.BaseDirectory;
        List<string> folders = [beside, Path.Combine(beside, native),
            .. PackageCache.Roots().Select(r => Path.Combine(r, "duckdb.net.bindings.full", Version, native))];
        var path = folders.Select(f => Path.Combine(f, file)).FirstOrDefault(File.Exists)
            ?? throw new Llm360Exception($"DuckDB {Version} was not found ({file}). Queries need it.", string.Join("; ", folders),
                "Run: llm360 doctor --fix, which fetches the package.");
        try
        {
            var library = NativeLibrary.Load(path);
            NativeLibrary.SetDllImportResolver(typeof(NativeMethods).Assembly,
                (name, _, _) => name.Contains("duckdb", StringComparison.OrdinalIgnoreCase) ? library : 0);
            return library;
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            throw new Llm360Exception($"DuckDB could not be loaded: {e.Message.ReplaceLineEndings(" ")}", path,
                "Install the library that the message names (on Linux: apt-get install libstdc++6).", e);
        }
    }

    private static string Architecture() => RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();
}
