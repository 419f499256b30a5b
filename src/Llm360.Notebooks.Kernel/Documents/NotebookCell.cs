// One cell: a view over its JSON, so that fields this kit does not know stay as they are.
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.Kernel.Documents;

/// <summary>One cell of a notebook; changes go straight to the notebook's JSON.</summary>
public sealed class NotebookCell
{
    internal NotebookCell(JsonObject json, CellType type)
    {
        Json = json;
        Type = type;
    }

    /// <summary>Code, Markdown or raw.</summary>
    public CellType Type { get; }

    /// <summary>The identifier, unique in the notebook.</summary>
    public string Id => Json["id"]!.GetValue<string>();

    /// <summary>The text of the cell, lines separated by <c>\n</c>.</summary>
    public string Source
    {
        get => MultilineText.Join(Json["source"]);
        set => Json.SetInOrder("source", MultilineText.Split(value));
    }

    /// <summary>The tags in the cell's metadata; empty without any.</summary>
    public IReadOnlyList<string> Tags
    {
        get => [.. (Metadata["tags"] as JsonArray ?? []).OfType<JsonValue>().Select(tag => tag.ToString())];
        set => Metadata.SetInOrder("tags", new JsonArray([.. value.Select(tag => JsonValue.Create(tag))]));
    }

    /// <summary>The cell's metadata, live.</summary>
    public JsonObject Metadata => Json.ChildObject("metadata");

    /// <summary>The outputs in nbformat's schema, live. For a cell that is not code they are always
    /// empty, and not kept.</summary>
    public JsonArray Outputs
    {
        get
        {
            if (Type != CellType.Code)
                return [];
            if (Json["outputs"] is JsonArray outputs)
                return outputs;
            var created = new JsonArray();
            Json.SetInOrder("outputs", created);
            return created;
        }
    }

    /// <summary>The number shown as <c>In [n]</c>; null when the cell has not run.</summary>
    public int? ExecutionCount
    {
        get => Json["execution_count"] is JsonValue value && value.TryGetValue<int>(out var count) ? count : null;
        set => Json.SetInOrder("execution_count", value is { } count ? JsonValue.Create(count) : null);
    }

    /// <summary>The cell's JSON as it is in the file, live.</summary>
    public JsonObject Json { get; }
}
