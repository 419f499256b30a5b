// From bytes to a checked notebook, with errors that name the file and the line.
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.Kernel.Documents;

internal static class NotebookParser
{
    private const string Remedy = "Open it in Jupyter or VS Code and save it again, or take a fresh copy.";

    /// <summary>Limits for a notebook. One with a figure in each output has tens of
    /// megabytes.</summary>
    public static readonly JsonKind Kind = new("The notebook", 512 << 20, Remedy) { Depth = 256, MissingRemedy = "Check the path." };

    public static NotebookFile Parse(byte[] bytes, string path)
    {
        if (JsonInput.Node(bytes, path, Kind) is not JsonObject json || !json.ContainsKey("nbformat"))
            throw new Llm360Exception("The file is JSON but not a notebook: it has no nbformat.", At(path, 1), Remedy);
        var version = Integer(json["nbformat"]);
        if (version != 4)
        {
            var found = Printable.Value(json["nbformat"]?.ToJsonString() ?? "null");
            throw new Llm360Exception(
                $"The notebook has nbformat {found}; this kit reads nbformat 4.",
                path,
                "Convert it with `jupyter nbconvert --to notebook --nbformat 4`.");
        }

        if (json["cells"] is not JsonArray cellArray)
            throw new Llm360Exception("The file is not a notebook: it has no list of cells.", path, Remedy);

        var cells = new List<NotebookCell>();
        for (var i = 0; i < cellArray.Count; i++)
        {
            if (Problem(cellArray[i], out var type) is { } problem)
                throw new Llm360Exception($"Cell {i + 1} {problem}.", At(path, LineOfCell(bytes, i)), Remedy);
            cells.Add(new NotebookCell((JsonObject)cellArray[i]!, type));
        }

        RaiseToCellIds(json, cells);
        return new NotebookFile(json, cells);
    }

    public static string NameOf(CellType type) => type switch
    {
        CellType.Code => "code",
        CellType.Markdown => "markdown",
        _ => "raw",
    };

    /// <summary>Adds an id that is not yet in <paramref name="used"/>, and returns it: the wanted
    /// one, that one with a number, or <c>cell-n</c> from <paramref name="number"/> on.</summary>
    public static string FreeId(HashSet<string> used, string? wanted, int number)
    {
        if (wanted is not null && used.Add(wanted))
            return wanted;
        if (wanted is not null)
            number = 2;
        while (true)
        {
            var id = string.Create(CultureInfo.InvariantCulture, $"{wanted ?? "cell"}-{number++}");
            if (used.Add(id))
                return id;
        }
    }

    private static string? Problem(JsonNode? node, out CellType type)
    {
        type = CellType.Raw;
        if (node is not JsonObject cell)
            return "is not an object";
        switch (Text(cell["cell_type"]))
        {
            case "code":
                type = CellType.Code;
                break;
            case "markdown":
                type = CellType.Markdown;
                break;
            case "raw":
                break;
            case null:
                return "has no cell_type";
            case var other:
                return $"has the unknown cell_type \"{Printable.Value(other)}\"";
        }

        if (!MultilineText.IsText(cell["source"]))
            return "has a source that is neither a string nor a list of strings";
        if (cell["metadata"] is not (null or JsonObject))
            return "has metadata that is not an object";
        if (cell["id"] is { } id && string.IsNullOrEmpty(Text(id)))
            return "has an id that is not a name";
        return type == CellType.Code && cell["outputs"] is { } outputs
            && (outputs is not JsonArray list || list.Any(output => output is not JsonObject))
            ? "has outputs that are not a list of objects"
            : null;
    }

    private static void RaiseToCellIds(JsonObject json, List<NotebookCell> cells)
    {
        var used = cells.Select(cell => Text(cell.Json["id"])).OfType<string>().ToHashSet(StringComparer.Ordinal);
        for (var i = 0; i < cells.Count; i++)
        {
            if (cells[i].Json["id"] is null)
                cells[i].Json.SetInOrder("id", FreeId(used, null, i + 1));
        }

        if (Integer(json["nbformat_minor"]) is not >= NotebookFile.MinorVersion)
            json.SetInOrder("nbformat_minor", NotebookFile.MinorVersion);
    }

    /// <summary>The line (from 1) on which cell <paramref name="index"/> starts, for errors about
    /// its contents.</summary>
    private static long LineOfCell(ReadOnlySpan<byte> bytes, int index)
    {
        if (bytes.StartsWith("\uFEFF"u8))
            bytes = bytes[3..];
        var reader = new Utf8JsonReader(bytes, Kind.ReaderOptions);
        var inCells = false;
        var seen = -1;
        while (reader.Read())
        {
            if (reader.CurrentDepth == 1 && reader.TokenType == JsonTokenType.PropertyName)
                inCells = reader.ValueTextEquals("cells"u8);
            else if (inCells && reader.CurrentDepth == 2
                && reader.TokenType is not (JsonTokenType.EndObject or JsonTokenType.EndArray)
                && ++seen == index)
                break;
        }

        return bytes[..(int)reader.TokenStartIndex].Count((byte)'\n') + 1;
    }

    private static string At(string path, long line) => string.Create(CultureInfo.InvariantCulture, $"{path}, line {line}");

    private static int? Integer(JsonNode? node) => node is JsonValue value && value.TryGetValue<int>(out var number) ? number : null;

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
