// llm360 new: copies the notebooks for a user without a checkout.
using System.CommandLine;
using System.Globalization;

namespace Llm360.Notebooks.Cli.Commands;

/// <summary><c>llm360 new course</c></summary>
internal static class NewCommand
{
    /// <summary>Folder of the notebooks, in a checkout and in this command's output.</summary>
    public const string NotebooksFolder = "notebooks";

    private const string Prefix = $"{NotebooksFolder}/";

    // VS Code offers to install the extensions in this file when the folder is opened.
    private const string Extensions = """
        {
          "recommendations": ["ms-toolsai.jupyter"]
        }

        """;

    public static Command Create()
    {
        var folder = new Argument<DirectoryInfo>("folder") { Description = "The folder to make, or one that is there." };
        var command = new Command("new",
            "Copy the notebooks to a folder, with a .vscode folder that recommends the Jupyter extension. No file is "
                + "overwritten.") { folder };
        command.Run("Run it again: files that are there and equal stay.", (parsed, screen, _) =>
        {
            var target = parsed.GetValue(folder)!.FullName;
            var files = Files().Select(f => (Path: Path.Combine(target, f.Name), f.Content)).ToList();
            foreach (var (path, content) in files)
            {
                if (Directory.Exists(path) || (File.Exists(path) && !File.ReadAllBytes(path).AsSpan().SequenceEqual(content)))
                {
                    throw new Llm360Exception("There is another file where one of the notebooks belongs. Nothing was written.", path,
                        "Choose another folder, or rename the file.");
                }
            }

            if (File.Exists(target))
                throw new Llm360Exception("The folder's name is that of a file. Nothing was written.", target, "Choose another name.");
            foreach (var (path, content) in files.Where(f => !File.Exists(f.Path)))
                AtomicFile.Write(path, stream => stream.Write(content));
            screen.Say(string.Create(CultureInfo.InvariantCulture,
                $"{files.Count - 1} notebooks are in {Path.Combine(target, NotebooksFolder)}"));
            screen.Say("Next: llm360 kernel install, once, and open the folder in VS Code or JupyterLab; or in the folder: llm360 "
                + "reproduce");
            return Task.FromResult(0);
        });
        return command;
    }

    private static IEnumerable<(string Name, byte[] Content)> Files()
    {
        var assembly = typeof(NewCommand).Assembly;
        foreach (var name in assembly.GetManifestResourceNames()
            .Where(n => n.StartsWith(Prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            var content = new byte[stream.Length];
            stream.ReadExactly(content);
            yield return (name, content);
        }

        yield return (".vscode/extensions.json", System.Text.Encoding.UTF8.GetBytes(Extensions));
    }
}
