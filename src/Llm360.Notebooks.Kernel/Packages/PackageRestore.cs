// #r "nuget: Id, Version": packages restored by the SDK, with everything they need.
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.Kernel.Packages;

/// <summary>A package that a cell asks for.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Version">A version or a range in NuGet's notation; <c>*</c> for the newest.</param>
internal sealed record PackageRequest(string Id, string Version);

/// <summary>The contents of restored packages.</summary>
/// <param name="Libraries">Id and version of every package, requested packages and
/// dependencies.</param>
/// <param name="Assemblies">Assemblies to compile against and to load.</param>
/// <param name="NativeFolders">Folders with native libraries for this machine.</param>
internal sealed record RestoredPackages(IReadOnlyList<string> Libraries, IReadOnlyList<RestoredAssembly> Assemblies,
    IReadOnlyList<string> NativeFolders);

/// <summary>An assembly of a restored package.</summary>
/// <param name="Path">The file.</param>
/// <param name="Package">The package's id.</param>
/// <param name="Version">The package's version.</param>
internal sealed record RestoredAssembly(string Path, string Package, string Version);

/// <summary>Runs <c>dotnet restore</c> on a project created for a set of packages, and reuses
/// earlier results.</summary>
/// <remarks>The SDK's own restore follows the user's NuGet configuration, sources, credentials and
/// cache. A set that was restored before is not restored again while its files exist.</remarks>
/// <param name="workingDirectory">The notebook's folder. A NuGet.config there or above is
/// used.</param>
internal sealed class PackageRestore(string workingDirectory)
{
    private const string Framework = "net10.0", ProjectFile = "packages.csproj";

    /// <summary>Restores the packages together, so that their versions fit each other.</summary>
    /// <param name="packages">The packages.</param>
    /// <param name="sources">Sources in addition to those of NuGet's configuration.</param>
    /// <param name="cancellation">Ends the restore.</param>
    /// <exception cref="Llm360Exception">A package cannot be restored; includes NuGet's
    /// message.</exception>
    public async Task<RestoredPackages> RestoreAsync(
        IReadOnlyList<PackageRequest> packages, IReadOnlyList<string> sources, CancellationToken cancellation)
    {
        var project = Project("PackageReference", packages, sources);
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(project)))[..16];
        var folder = Path.Combine(Workspace.Artifacts, "packages", hash);
        var assets = Path.Combine(folder, "obj", "project.assets.json");
        if (Read(assets) is { } known)
            return known;
        AtomicFile.WriteText(Path.Combine(folder, ProjectFile), project);
        var (exitCode, output) = await RunAsync(folder, cancellation).ConfigureAwait(false);
        if (exitCode == 0 && Read(assets) is { } restored)
            return restored;
        if (File.Exists(assets))
            File.Delete(assets);
        throw Failed(packages, output,
            "Check the id and the version; where the package comes from another source, name it with #i "
                + "\"nuget: SOURCE\" or in a NuGet.config beside the notebook.");
    }

    /// <summary>Downloads packages of exactly these versions into the user's NuGet cache, without
    /// dependencies.</summary>
    /// <exception cref="Llm360Exception">A package cannot be downloaded; includes NuGet's
    /// message.</exception>
    public async Task DownloadAsync(IReadOnlyList<PackageRequest> packages, CancellationToken cancellation)
    {
        var folder = Path.Combine(Workspace.Artifacts, "packages", $"download-{Guid.NewGuid():N}");
        try
        {
            // One item for each id, with all its versions.
            AtomicFile.WriteText(Path.Combine(folder, ProjectFile), Project("PackageDownload", [.. packages
                .GroupBy(p => p.Id, StringComparer.OrdinalIgnoreCase)
                .Select(g => new PackageRequest(g.Key, string.Join(';', g.Select(p => $"[{p.Version}]").Distinct())))], []));
            var (exitCode, output) = await RunAsync(folder, cancellation).ConfigureAwait(false);
            if (exitCode != 0)
                throw Failed(packages, output, "Check the network and the NuGet sources (dotnet nuget list source), and run it again.");
        }
        finally
        {
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
        }
    }

    private static Llm360Exception Failed(IReadOnlyList<PackageRequest> packages, string output, string remedy) =>
        new($"The packages could not be restored. {Reason(output)}",
            string.Join(", ", packages.Select(package => $"{package.Id} {package.Version}")), remedy);

    private string Project(string item, IReadOnlyList<PackageRequest> packages, IReadOnlyList<string> sources)
    {
        var references = packages.OrderBy(package => package.Id, StringComparer.OrdinalIgnoreCase)
            .Select(package => (Id: SecurityElement.Escape(package.Id), Version: SecurityElement.Escape(package.Version)))
            .Select(package => $"""    <{item} Include="{package.Id}" Version="{package.Version}" />""");

        // A checkout around the folder has its own build files, which must not affect this project.
        return $"""
            <Project>
              <PropertyGroup>
                <ImportDirectoryBuildProps>false</ImportDirectoryBuildProps>
                <ImportDirectoryBuildTargets>false</ImportDirectoryBuildTargets>
                <ImportDirectoryPackagesProps>false</ImportDirectoryPackagesProps>
                <RestoreRootConfigDirectory>{SecurityElement.Escape(workingDirectory)}</RestoreRootConfigDirectory>
                <RestoreAdditionalProjectSources>{SecurityElement.Escape(string.Join(';', sources))}</RestoreAdditionalProjectSources>
              </PropertyGroup>
              <Import Project="Sdk.props" Sdk="Microsoft.NET.Sdk" />
              <PropertyGroup>
                <TargetFramework>{Framework}</TargetFramework>
                <RuntimeIdentifier>{RuntimeInformation.RuntimeIdentifier}</RuntimeIdentifier>
                <SelfContained>false</SelfContained>
                <NuGetAudit>false</NuGetAudit>
              </PropertyGroup>
              <ItemGroup>
            {string.Join('\n', references)}
              </ItemGroup>
              <Import Project="Sdk.targets" Sdk="Microsoft.NET.Sdk" />
            </Project>

            """;
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(string folder, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo("dotnet", ["restore", ProjectFile, "--nologo", "-v:q", "-tl:off"])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["DOTNET_CLI_UI_LANGUAGE"] = "en" },
        };

        // Limits on the kernel's own memory must not apply to the SDK.
        start.Environment.Remove("DOTNET_GCHeapHardLimitPercent");
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new Llm360Exception(
                "Packages need the .NET SDK, which could not be started.",
                e.Message,
                "Install the .NET 10 SDK and put dotnet on the PATH.",
                e);
        }

        using (process)
        {
            var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
            var error = process.StandardError.ReadToEndAsync(CancellationToken.None);
            try
            {
                await process.WaitForExitAsync(cancellation).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                throw;
            }

            return (process.ExitCode, await output.ConfigureAwait(false) + await error.ConfigureAwait(false));
        }
    }

    /// <summary>The first error of the output, without the paths of the created project around
    /// it.</summary>
    private static string Reason(string output)
    {
        var line = output.Split('\n')
            .Select(text => text.Trim())
            .FirstOrDefault(text => text.Contains("error ", StringComparison.Ordinal)) ?? output.Trim();
        var begin = line.IndexOf("error ", StringComparison.Ordinal);
        var end = line.LastIndexOf(" [", StringComparison.Ordinal);
        return line[(begin < 0 ? 0 : begin + "error ".Length)..(end > begin ? end : line.Length)].TrimEnd('.') + ".";
    }

    /// <summary>The contents of the assets file; null unless all files that it names
    /// exist.</summary>
    private static RestoredPackages? Read(string assets)
    {
        if (!File.Exists(assets))
            return null;
        var json = JsonNode.Parse(File.ReadAllText(assets))!;
        var roots = json["packageFolders"]!.AsObject().Select(folder => folder.Key).ToList();
        var targets = json["targets"]!.AsObject()
            .FirstOrDefault(target => target.Key.Contains('/', StringComparison.Ordinal))
            .Value?.AsObject();
        if (targets is null)
            return null;
        var (libraries, assemblies, native) = (new List<string>(), new List<RestoredAssembly>(), new List<string>());
        foreach (var (library, target) in targets)
        {
            libraries.Add(library.Replace('/', ' '));
            var path = json["libraries"]![library]!["path"]?.ToString() ?? library.ToLowerInvariant();
            foreach (var kind in new[] { "runtime", "native" })
            {
                foreach (var (file, _) in target![kind]?.AsObject() ?? [])
                {
                    if (Path.GetFileName(file) == "_._")
                        continue;
                    if (roots.Select(root => Path.Combine(root, path, file)).FirstOrDefault(File.Exists) is not { } found)
                        return null;
                    if (kind == "native")
                        native.Add(found);
                    else
                        assemblies.Add(new RestoredAssembly(found, library.Split('/')[0], library.Split('/')[^1]));
                }
            }
        }

        return new RestoredPackages(libraries, assemblies, [.. native.Select(file => Path.GetDirectoryName(file)!).Distinct()]);
    }
}
