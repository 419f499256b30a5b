// .dib: the text format of .NET Interactive. A line with #!name begins a cell.
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Llm360.Notebooks.Kernel.Jupyter;

namespace Llm360.Notebooks.Kernel.Documents;

/// <summary>Reads and writes <c>.dib</c>. The format has no outputs.</summary>
internal static class DibFile
{
    public const string Extension = ".dib";

    private const string Mark = "#!", Meta = "meta", Markdown = "markdown", Raw = "raw", KernelInfo = "kernelInfo";
    private const string Interactive = "polyglot_notebook";

    private static readonly JsonKind Kind = new("The notebook", 64 << 20, "Take a fresh copy of the notebook.")
    {
        MissingRemedy = "Check the path.",
    };

    private static readonly Dictionary<string, string> Names = new(StringComparer.OrdinalIgnoreCase)
    {
        ["csharp"] = CellLanguage.CSharp, ["c#"] = CellLanguage.CSharp, ["cs"] = CellLanguage.CSharp,
        ["fsharp"] = "fsharp", ["f#"] = "fsharp", ["fs"] = "fsharp",
        ["pwsh"] = "pwsh", ["powershell"] = "pwsh", ["javascript"] = "javascript", ["js"] = "javascript",
        ["html"] = "html", ["markdown"] = Markdown, ["md"] = Markdown, ["mermaid"] = "mermaid",
        ["sql"] = "sql", ["kql"] = "kql", ["http"] = "http", ["value"] = "value", ["vb"] = "vb", [Raw] = Raw,
    };

    /// <summary>Reads a file.</summary>
    /// <exception cref="Llm360Exception">It is missing, is not UTF-8, or has malformed
    /// metadata.</exception>
    public static NotebookFile Read(string path)
    {
        try
        {
            return Parse(new UTF8Encoding(false, true).GetString(JsonInput.Bytes(path, Kind)).TrimStart('\uFEFF'), path);
        }
        catch (DecoderFallbackException e)
        {
            throw new Llm360Exception("The notebook is no UTF-8 text.", path, Kind.Remedy, e);
        }
    }

    /// <summary>Reads a notebook from its text.</summary>
    /// <exception cref="Llm360Exception">It has malformed metadata.</exception>
    public static NotebookFile Parse(string text, string path)
    {
        var notebook = NotebookFile.Create();
        notebook.Metadata.SetInOrder("kernelspec", new JsonObject
        {
            ["display_name"] = KernelSpec.DisplayNameOf(KernelSpec.DefaultName), ["language"] = "C#", ["name"] = KernelSpec.DefaultName,
        });
        var names = new Dictionary<string, string>(Names, StringComparer.OrdinalIgnoreCase);
        var (language, start, cell) = (CellLanguage.CSharp, 0, new List<string>());
        var lines = text.ReplaceLineEndings("\n").Split('\n');
        for (var i = 0; i <= lines.Length; i++)
        {
            var begins = i < lines.Length ? Begins(lines[i], names) : null;
            if (i < lines.Length && begins is null)
            {
                cell.Add(lines[i]);
                continue;
            }

            var source = string.Join('\n', cell).Trim('\n', '\r', ' ', '\t');
            if (language == Meta)
                language = ReadMeta(notebook, source, names, string.Create(null, $"{path}, line {start + 1}"));
            else if (source.Length > 0)
                Add(notebook, language, string.Join('\n', cell).Trim('\n'));
            (language, start, cell) = (begins ?? language, i, []);
        }

        return notebook;
    }

    /// <summary>The notebook as text: its cells without outputs.</summary>
    public static string Write(NotebookFile notebook)
    {
        var info = (notebook.Metadata[Interactive] as JsonObject)?[KernelInfo] ?? new JsonObject
        {
            ["defaultKernelName"] = CellLanguage.CSharp,
            ["items"] = new JsonArray(new JsonObject
            {
                ["aliases"] = new JsonArray("c#", "cs"), ["languageName"] = "C#", ["name"] = CellLanguage.CSharp,
            }),
        };
        var text = new StringBuilder().Append(Mark).Append(Meta).Append("\n\n")
            .Append(new JsonObject { [KernelInfo] = info.DeepClone() }.ToJsonString()).Append('\n');
        foreach (var cell in notebook.Cells)
        {
            var language = cell.Type switch
            {
                CellType.Code => CellLanguage.Of(cell.Metadata) ?? CellLanguage.CSharp,
                CellType.Markdown => Markdown,
                _ => Raw,
            };
            text.Append('\n').Append(Mark).Append(language).Append("\n\n").Append(cell.Source.Trim('\n')).Append('\n');
        }

        return text.ToString();
    }

    private static string? Begins(string line, Dictionary<string, string> names)
    {
        if (!line.StartsWith(Mark, StringComparison.Ordinal))
            return null;
        var name = line[Mark.Length..].Trim();
        return name == Meta ? Meta : names.GetValueOrDefault(name);
    }

    private static void Add(NotebookFile notebook, string language, string source)
    {
        var type = language == Markdown ? CellType.Markdown : language == Raw ? CellType.Raw : CellType.Code;
        var cell = notebook.InsertCell(notebook.Cells.Count, type, source);
        if (type == CellType.Code)
            CellLanguage.Set(cell.Metadata, language);
    }

    /// <summary>Stores the kernels that the file names, and their names for cells.</summary>
    /// <returns>The language of cells before the first line that names one.</returns>
    private static string ReadMeta(NotebookFile notebook, string json, Dictionary<string, string> names, string where)
    {
        if (JsonInput.Node(Encoding.UTF8.GetBytes(json), where, Kind with { Name = "The text after #!meta" }) is not JsonObject meta)
            throw new Llm360Exception("The text after #!meta is no JSON object.", where, Kind.Remedy);
        if (meta[KernelInfo] is not JsonObject info)
            return CellLanguage.CSharp;
        notebook.Metadata.SetInOrder(Interactive, new JsonObject { [KernelInfo] = info.DeepClone() });
        foreach (var item in (info["items"] as JsonArray ?? []).OfType<JsonObject>())
        {
            if (item.Text("name") is not { Length: > 0 } name)
                continue;
            names.TryAdd(name, name);
            foreach (var alias in (item["aliases"] as JsonArray ?? []).Where(a => a?.GetValueKind() == JsonValueKind.String))
                names.TryAdd(alias!.GetValue<string>(), names[name]);
        }

        return info.Text("defaultKernelName") is { Length: > 0 } first ? names.GetValueOrDefault(first, first) : CellLanguage.CSharp;
    }
}
