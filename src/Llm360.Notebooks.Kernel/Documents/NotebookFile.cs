// A notebook file (nbformat 4): read, changed in place, and written the way Jupyter writes it.
using System.Text;
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.Kernel.Documents;

/// <summary>A notebook. Fields that this kit does not know are kept, in the order of the
/// file.</summary>
public sealed class NotebookFile
{
    /// <summary>The minor version of nbformat 4 that introduced cell ids. Older files are raised to
    /// it.</summary>
    internal const int MinorVersion = 5;

    private readonly List<NotebookCell> cells;

    internal NotebookFile(JsonObject json, List<NotebookCell> cells)
    {
        Json = json;
        this.cells = cells;
    }

    /// <summary>The cells in order.</summary>
    public IReadOnlyList<NotebookCell> Cells => cells;

    /// <summary>The notebook's metadata, live.</summary>
    public JsonObject Metadata => Json.ChildObject("metadata");

    /// <summary>The whole file, live. Cells are added and removed through <see cref="InsertCell"/>
    /// and <see cref="RemoveCell"/>.</summary>
    public JsonObject Json { get; }

    /// <summary>Reads nbformat 4.0 to 4.5. A cell without an id gets one, the same at every
    /// reading.</summary>
    /// <exception cref="Llm360Exception">The file is missing, is not JSON, is not a notebook, or is
    /// of another major version.</exception>
    public static NotebookFile Read(string path) => NotebookParser.Parse(JsonInput.Bytes(path, NotebookParser.Kind), path);

    /// <summary>Reads a notebook from its text; errors show <paramref name="name"/> as the
    /// path.</summary>
    /// <exception cref="Llm360Exception">As for <see cref="Read"/>.</exception>
    public static NotebookFile Parse(string json, string name) => NotebookParser.Parse(Encoding.UTF8.GetBytes(json), name);

    /// <summary>An empty C# notebook.</summary>
    public static NotebookFile Create() => Parse(
        """
        {
         "cells": [],
         "metadata": {
          "language_info": { "file_extension": ".cs", "mimetype": "text/x-csharp", "name": "C#", "pygments_lexer": "csharp" }
         },
         "nbformat": 4,
         "nbformat_minor": 5
        }
        """,
        "new notebook");

    /// <summary>Writes the notebook atomically: UTF-8, indented by one, text as lists of lines, and
    /// a newline at the end.</summary>
    /// <exception cref="Llm360Exception">The file cannot be written.</exception>
    public void Write(string path) => AtomicFile.WriteText(path, ToJson());

    /// <summary>The notebook as <see cref="Write"/> writes it.</summary>
    public string ToJson()
    {
        foreach (var cell in cells)
            MultilineText.SplitAll(cell.Json);
        return NotebookJsonWriter.Write(Json);
    }

    /// <summary>Adds a cell at <paramref name="index"/> (0 to the number of cells).</summary>
    /// <param name="index">Where it goes.</param>
    /// <param name="type">Code, Markdown or raw.</param>
    /// <param name="source">Its text.</param>
    /// <param name="id">Its id; null for the next free <c>cell-n</c>. An id in use gets a number
    /// appended.</param>
    public NotebookCell InsertCell(int index, CellType type, string source, string? id = null)
    {
        var json = new JsonObject { ["cell_type"] = NotebookParser.NameOf(type) };
        if (type == CellType.Code)
            json["execution_count"] = null;
        var used = cells.Select(cell => cell.Id).ToHashSet(StringComparer.Ordinal);
        json["id"] = NotebookParser.FreeId(used, id, cells.Count + 1);
        json["metadata"] = new JsonObject();
        if (type == CellType.Code)
            json["outputs"] = new JsonArray();
        var created = new NotebookCell(json, type) { Source = source };
        ((JsonArray)Json["cells"]!).Insert(index, json);
        cells.Insert(index, created);
        return created;
    }

    /// <summary>Removes the cell at <paramref name="index"/>.</summary>
    public void RemoveCell(int index)
    {
        ((JsonArray)Json["cells"]!).RemoveAt(index);
        cells.RemoveAt(index);
    }
}
