// A notebook in either format, by the file's extension.
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.Kernel.Documents;

/// <summary>Reads and writes <c>.ipynb</c> and <c>.dib</c>.</summary>
internal static class NotebookSource
{
    public const string Jupyter = ".ipynb";

    /// <summary>The name of .NET Interactive's C# kernel, as in notebooks written for it.</summary>
    public const string InteractiveKernel = ".net-csharp";

    public static bool IsDib(string path) => Path.GetExtension(path).Equals(DibFile.Extension, StringComparison.OrdinalIgnoreCase);

    public static bool IsNotebook(string path) =>
        IsDib(path) || Path.GetExtension(path).Equals(Jupyter, StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads a notebook. Any extension except <c>.dib</c> is read as
    /// <c>.ipynb</c>.</summary>
    /// <exception cref="Llm360Exception">It is missing or malformed.</exception>
    public static NotebookFile Read(string path) => IsDib(path) ? DibFile.Read(path) : NotebookFile.Read(path);

    /// <summary>Whether the notebook was written for .NET Interactive.</summary>
    public static bool IsInteractive(NotebookFile notebook, string path) =>
        IsDib(path) || (notebook.Metadata["kernelspec"] as JsonObject)?["name"]?.ToString() == InteractiveKernel;

    /// <summary>The file name of an executed notebook. Outputs need <c>.ipynb</c>.</summary>
    public static string ExecutedName(string path) =>
        IsDib(path) ? Path.GetFileNameWithoutExtension(path) + Jupyter : Path.GetFileName(path);

    /// <summary>Writes a notebook in the format of another.</summary>
    /// <returns>The number of cells with outputs that the new file does not have.</returns>
    /// <exception cref="Llm360Exception">An extension is neither of the two, or the file cannot be
    /// read or written.</exception>
    public static int Convert(string from, string to)
    {
        if (!IsNotebook(from) || !IsNotebook(to))
        {
            throw new Llm360Exception("Notebooks are converted between .ipynb and .dib.", IsNotebook(from) ? to : from,
                "Give a file with one of these extensions.");
        }

        var notebook = Read(from);
        AtomicFile.WriteText(to, IsDib(to) ? DibFile.Write(notebook) : notebook.ToJson());
        return IsDib(to) ? notebook.Cells.Count(cell => cell.Outputs.Count > 0) : 0;
    }

    /// <summary>Refuses a notebook that this kernel cannot run, before any cell runs.</summary>
    /// <exception cref="Llm360Exception">The notebook, or one of its cells, is in another
    /// language.</exception>
    public static void CheckLanguage(NotebookFile notebook, string path)
    {
        var metadata = notebook.Metadata;
        var language = Text(metadata["kernelspec"], "language") ?? Text(metadata["language_info"], "name");
        if (language is not null && !IsCSharp(language) && !language.Equals("polyglot-notebook", StringComparison.OrdinalIgnoreCase))
        {
            throw new Llm360Exception($"The notebook is written in {Printable.Value(language)}; llm360 runs C#.", path,
                "Run it with the kernel it names, for example with jupyter nbconvert --execute.");
        }

        foreach (var (index, cell) in notebook.Cells.Index().Where(entry => entry.Item.Type == CellType.Code))
        {
            if (CellLanguage.Of(cell.Metadata) is { } other && !Execution.CellSections.Knows(other)
                && !string.IsNullOrWhiteSpace(cell.Source))
            {
                throw new Llm360Exception($"A cell is written in {Printable.Value(other)}; llm360 runs C#.",
                    string.Create(null, $"{path}, cell {index + 1}"), "Write the cell in C#, or remove it.");
            }
        }
    }

    private static bool IsCSharp(string language) =>
        language.EndsWith("C#", StringComparison.OrdinalIgnoreCase)
            || language.EndsWith(CellLanguage.CSharp, StringComparison.OrdinalIgnoreCase);

    private static string? Text(JsonNode? parent, string name) =>
        parent is JsonObject json && json[name] is JsonValue value && value.TryGetValue<string>(out var text)
            ? text
            : null;
}
