// The packages of one session: restored together, referenced by every cell after the one that asks.
using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using Llm360.Notebooks.Kernel.Display;
using Llm360.Notebooks.Kernel.Execution;
using Microsoft.CodeAnalysis;

namespace Llm360.Notebooks.Kernel.Packages;

/// <summary>Adds what cells ask for; a package asked for again with another version replaces the former request.</summary>
internal sealed class SessionPackages : IDisposable
{
    private readonly PackageRestore restore;
    private readonly List<PackageRequest> requests = [];
    private RestoredPackages restored = new([], [], []);

    public SessionPackages(string folder)
    {
        restore = new PackageRestore(folder);
        AssemblyLoadContext.Default.ResolvingUnmanagedDll += FindNative;
    }

    /// <summary>The assemblies of all packages, those that packages need included.</summary>
    public IReadOnlyList<string> Assemblies => restored.Assemblies;

    /// <summary>Whether the package is restored.</summary>
    public bool Has(PackageRequest request) => requests.Exists(known => Same(known, request));

    /// <summary>Restores what the cell asks for and the session does not have.</summary>
    /// <returns>What went wrong; null for nothing.</returns>
    public async Task<CellError?> RestoreAsync(SyntaxTree cell, SessionOutputs outputs, CompileErrors errors, CancellationToken cancellation)
    {
        // What every cell has already is not asked for: notebooks name it for other hosts.
        var asked = PackageDirectives.Find(cell).Where(found => !DefaultReferences.Has(found.Request.Id) && !requests.Contains(found.Request)).ToList();
        if (asked.Count == 0)
            return null;
        var names = string.Join(", ", asked.Select(found => found.Request.Id));
        var shown = outputs.Show(MimeBundle.PlainText($"Restoring {names} ..."));
        var all = requests.Where(known => !asked.Exists(found => Same(found.Request, known))).Concat(asked.Select(found => found.Request)).ToList();
        try
        {
            restored = await restore.RestoreAsync(all, cancellation).ConfigureAwait(false);
        }
        catch (Llm360Exception e)
        {
            shown.Update(MimeBundle.PlainText($"Restoring {names} failed."));
            return errors.At(asked[0].Place, "nuget", $"{e.What} {e.Remedy}");
        }

        requests.Clear();
        requests.AddRange(all);
        shown.Update(MimeBundle.PlainText("Restored " + string.Join(", ", asked.Select(found =>
            restored.Libraries.FirstOrDefault(library => library.StartsWith(found.Request.Id + " ", StringComparison.OrdinalIgnoreCase)) ?? found.Request.Id))));
        return null;
    }

    public void Dispose() => AssemblyLoadContext.Default.ResolvingUnmanagedDll -= FindNative;

    private static bool Same(PackageRequest one, PackageRequest other) => one.Id.Equals(other.Id, StringComparison.OrdinalIgnoreCase);

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
