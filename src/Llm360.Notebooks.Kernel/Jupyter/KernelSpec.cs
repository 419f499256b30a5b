// The kernel spec: the folder with kernel.json by which Jupyter front ends find a kernel.
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Llm360.Notebooks.Kernel.Documents;

namespace Llm360.Notebooks.Kernel.Jupyter;

/// <summary>An installed kernel spec of this kernel.</summary>
/// <param name="Name">Its name, as notebooks refer to it.</param>
/// <param name="Folder">Its folder.</param>
/// <param name="Command">The command that starts the kernel.</param>
public sealed partial record KernelSpec(string Name, string Folder, IReadOnlyList<string> Command)
{
    /// <summary>The kernel's name in the notebooks of this repository.</summary>
    public const string DefaultName = "llm360-csharp";

    private const string FileName = "kernel.json", FormerFileName = "kernel.json.replaced";
    private static readonly JsonKind Kind = new(FileName, 1 << 20, "Install the kernel again.");
    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Whether the files that its command names exist.</summary>
    public bool Works => Command.Count > 0 && Command.Where(Path.IsPathFullyQualified).All(File.Exists);

    /// <summary>What front ends show for a kernel of this name.</summary>
    internal static string DisplayNameOf(string name) => name == DefaultName ? "C# (Llm360)" : $"C# (Llm360, {name})";

    /// <summary>Writes a kernel spec. It replaces an existing one of this kernel.</summary>
    /// <param name="jupyterFolder">A data folder of Jupyter: see
    /// <see cref="JupyterFolders"/>.</param>
    /// <param name="name">Letters, digits, dot, dash and underscore.</param>
    /// <param name="command">The command that starts <c>llm360</c>.</param>
    /// <param name="environment">Variables set for the kernel.</param>
    /// <param name="replaceOther">
    /// Whether the spec of another program is replaced. It is kept beside the new one, and
    /// <see cref="Uninstall"/> restores it.
    /// </param>
    /// <exception cref="Llm360Exception">The name cannot be used, another kernel has it, or the
    /// folder cannot be written.</exception>
    public static KernelSpec Install(
        string jupyterFolder,
        string name,
        IReadOnlyList<string> command,
        IReadOnlyDictionary<string, string> environment,
        bool replaceOther = false)
    {
        ArgumentNullException.ThrowIfNull(command);
        ArgumentNullException.ThrowIfNull(environment);
        if (!ValidName().IsMatch(name))
        {
            throw new Llm360Exception(
                "A kernel's name may hold letters, digits, dots, dashes and underscores.",
                $"name \"{name}\"",
                $"Choose another, or leave it out for {DefaultName}.");
        }

        var folder = Path.Combine(jupyterFolder, "kernels", name);
        var isOther = File.Exists(Path.Combine(folder, FileName)) && Read(folder) is null;
        if (isOther && !replaceOther)
        {
            throw new Llm360Exception("A kernel of another program has this name.", folder,
                "Choose another name with --as, or add --replace; llm360 kernel uninstall brings the other kernel back.");
        }

        // The name says that the notebooks were written for .NET Interactive.
        string[] compatibility = name == NotebookSource.InteractiveKernel ? ["--dotnet-interactive"] : [];
        IReadOnlyList<string> all = [.. command, "kernel", "run", "--watch", .. compatibility, "--connection-file", "{connection_file}"];
        var json = new JsonObject
        {
            ["argv"] = new JsonArray([.. all.Select(part => JsonValue.Create(part))]),
            ["display_name"] = DisplayNameOf(name),
            ["language"] = "C#",
            ["interrupt_mode"] = "message",
            ["env"] = new JsonObject([.. environment.Select(variable => KeyValuePair.Create(variable.Key, (JsonNode?)variable.Value))]),
            ["metadata"] = new JsonObject { ["debugger"] = false, ["llm360"] = new JsonObject { ["kernel"] = "csharp" } },
        };
        try
        {
            if (isOther)
                File.Copy(Path.Combine(folder, FileName), Path.Combine(folder, FormerFileName), overwrite: true);
            AtomicFile.WriteText(Path.Combine(folder, FileName), json.ToJsonString(Indented) + "\n");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new Llm360Exception(
                $"The kernel spec cannot be written: {e.Message}",
                folder,
                "Choose a folder that you may write with --prefix, or install for yourself with --user.",
                e);
        }

        return new KernelSpec(name, folder, all);
    }

    /// <summary>The kernel specs of this kernel in the folders, in order.</summary>
    public static IReadOnlyList<KernelSpec> Find(IEnumerable<string> jupyterFolders) =>
        [.. jupyterFolders.Select(folder => Path.Combine(folder, "kernels"))
            .Where(Directory.Exists)
            .SelectMany(Directory.EnumerateDirectories)
            .Select(Read)
            .OfType<KernelSpec>()];

    /// <summary>Removes it, and restores the spec of another program that it had
    /// replaced.</summary>
    public void Uninstall()
    {
        var former = Path.Combine(Folder, FormerFileName);
        if (File.Exists(former))
            File.Move(former, Path.Combine(Folder, FileName), overwrite: true);
        else
            Directory.Delete(Folder, recursive: true);
    }

    // Only specs that this kernel has written may be listed, replaced and removed.
    private static KernelSpec? Read(string folder)
    {
        try
        {
            return JsonInput.Node(Path.Combine(folder, FileName), Kind) is JsonObject json
                && json["metadata"] is JsonObject metadata
                && metadata["llm360"] is not null
                && json["argv"] is JsonArray argv
                ? new KernelSpec(Path.GetFileName(folder), folder, [.. argv.Select(part => $"{part}")])
                : null;
        }
        catch (Llm360Exception)
        {
            return null;
        }
    }

    [GeneratedRegex(@"^[A-Za-z0-9._-]+$")]
    private static partial Regex ValidName();
}
