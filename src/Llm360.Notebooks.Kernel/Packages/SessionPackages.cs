// The packages of one session: restored together, referenced by every cell after the one that asks.
using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using Llm360.Notebooks.Kernel.Display;
using Llm360.Notebooks.Kernel.Execution;
using Microsoft.CodeAnalysis;

namespace Llm360.Notebooks.Kernel.Packages;

/// <summary>Adds the packages that cells ask for. A request for another version of a package
/// replaces the former request.</summary>
internal sealed class SessionPackages : IDisposable
{
    // Packages that extend .NET Interactive itself, and packages whose charts exist in a package
    // without it.
    private const string Interactive = "Microsoft.DotNet.Interactive";
    private static readonly string[] WithInteractive = ["Plotly.NET.Interactive", "XPlot.Plotly.Interactive"];

    private readonly PackageRestore restore;
    private readonly string folder;
    private readonly List<PackageRequest> requests = [];
    private readonly List<string> sources = [];
    private readonly List<RestoredAssembly> former = [];
    private readonly HashSet<string> answered = new(StringComparer.OrdinalIgnoreCase);
    private RestoredPackages restored = new([], [], []);

    public SessionPackages(string folder)
    {
        this.folder = folder;
        restore = new PackageRestore(folder);
        AssemblyLoadContext.Default.ResolvingUnmanagedDll += FindNative;
    }

    /// <summary>The assemblies of all packages, including dependencies.</summary>
    public IReadOnlyList<RestoredAssembly> Assemblies => restored.Assemblies;

    /// <summary>Whether the package is restored, or does not have to be.</summary>
    public bool Has(PackageRequest request) => answered.Contains(request.Id) || requests.Exists(known => Same(known, request));

    /// <summary>Adds sources for the packages of this and later cells to those of NuGet's
    /// configuration.</summary>
    /// <returns>The error of a source; null for none.</returns>
    public CellError? AddSources(IReadOnlyList<CellDirective> directives, CompileErrors errors)
    {
        foreach (var directive in directives)
        {
            if (CellDirectives.Source(directive.Value) is not { } source)
                return errors.At(directive.Place, "nuget", "#i names a source of packages: #i \"nuget: ADDRESS OR FOLDER\".");
            var isAddress = Uri.TryCreate(source, UriKind.Absolute, out var address) && address.Scheme is "http" or "https";
            var place = isAddress ? source : Path.GetFullPath(Path.Combine(folder, source));
            if (!isAddress && !Directory.Exists(place))
                return errors.At(directive.Place, "nuget", $"#i names a folder that is not there: {place}.");
            if (!sources.Contains(place))
                sources.Add(place);
        }

        return null;
    }

    /// <summary>Restores the packages that the cell asks for and the session does not
    /// have.</summary>
    /// <returns>The error; null for none.</returns>
    public async Task<CellError?> RestoreAsync(
        IReadOnlyList<(PackageRequest Request, Location Place)> wanted, SessionOutputs outputs, CompileErrors errors,
            CancellationToken cancellation)
    {
        var asked = wanted.Select(found => (Request: Answer(found.Request, outputs), found.Place))
            .Where(found => found.Request is { } request && !requests.Contains(request)).Select(found =>
            (Request: found.Request!, found.Place)).ToList();
        if (asked.Count == 0)
            return null;
        var names = string.Join(", ", asked.Select(found => found.Request.Id));
        var shown = outputs.Show(MimeBundle.PlainText($"Restoring {names} ..."));
        var all = requests.Where(known => !asked.Exists(found => Same(found.Request, known)))
            .Concat(asked.Select(found => found.Request))
            .ToList();
        former.AddRange(restored.Assemblies);
        try
        {
            restored = await restore.RestoreAsync(all, sources, cancellation).ConfigureAwait(false);
        }
        catch (Llm360Exception e)
        {
            shown.Update(MimeBundle.PlainText($"Restoring {names} failed."));
            return errors.At(asked[0].Place, "nuget", $"{e.What} {e.Remedy}");
        }

        requests.Clear();
        requests.AddRange(all);
        shown.Update(MimeBundle.PlainText("Restored "
            + string.Join(", ", asked.Select(found => $"{found.Request.Id} {VersionOf(found.Request)}".Trim()))));
        var warnings = asked.Select(found => Replaced(found.Request)).OfType<string>()
            .Concat(LoadedVersions.Warnings(restored.Assemblies, former, [.. asked.Select(found => found.Request.Id)]));
        outputs.Stream(OutputStream.Stderr, string.Concat(warnings.Select(warning => warning + "\n")));
        return null;
    }

    public void Dispose() => AssemblyLoadContext.Default.ResolvingUnmanagedDll -= FindNative;

    private static bool Same(PackageRequest one, PackageRequest other) => one.Id.Equals(other.Id, StringComparison.OrdinalIgnoreCase);

    /// <summary>The package to restore for a request; null if it needs no package here.</summary>
    private PackageRequest? Answer(PackageRequest request, SessionOutputs outputs)
    {
        if (DefaultReferences.Has(request.Id))
        {
            // Notebooks name it for other hosts. Here every cell has it.
            if (answered.Add(request.Id) && LoadedVersions.OfKit(request) is { } version)
                outputs.Stream(OutputStream.Stderr,
                    $"{request.Id} {version} comes with the kit and is used; the cell asks for {request.Version}.\n");
            return null;
        }

        if (request.Id.StartsWith(Interactive, StringComparison.OrdinalIgnoreCase))
        {
            if (answered.Add(request.Id))
                outputs.Stream(OutputStream.Stderr,
                    $"{request.Id} extends .NET Interactive and is not loaded: this kernel runs without it.\n");
            return null;
        }

        if (!WithInteractive.Contains(request.Id, StringComparer.OrdinalIgnoreCase))
            return request;
        answered.Add(request.Id);
        return request with { Id = request.Id[..request.Id.LastIndexOf('.')] };
    }

    private string VersionOf(PackageRequest request) =>
        restored.Libraries.FirstOrDefault(library =>
            library.StartsWith(request.Id + " ", StringComparison.OrdinalIgnoreCase))?.Split(' ')[^1] ?? "";

    /// <summary>The warning about a version that the sources replaced; null if it is the requested
    /// version.</summary>
    private string? Replaced(PackageRequest request)
    {
        var version = VersionOf(request);
        return version.Length == 0 || !char.IsDigit(request.Version[0]) || request.Version.Contains('*', StringComparison.Ordinal)
            || LoadedVersions.Same(version, request.Version)
            ? null
            : $"{request.Id} {version} is used; {request.Version} is not in the sources, or another package needs a newer one.";
    }

    private nint FindNative(Assembly assembly, string name)
    {
        foreach (var folder in restored.NativeFolders)
        {
            foreach (var file in new[] { name, $"lib{name}.so", $"{name}.so", $"lib{name}.dylib", $"{name}.dll" })
            {
                if (File.Exists(Path.Combine(folder, file)) && NativeLibrary.TryLoad(Path.Combine(folder, file), out var library))
                    return library;
            }
        }

        return 0;
    }
}
