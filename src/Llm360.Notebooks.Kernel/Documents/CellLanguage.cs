// The language of a cell, as .NET Interactive writes it to the cell's metadata.
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.Kernel.Documents;

/// <summary>Reads and writes the language of cells.</summary>
internal static class CellLanguage
{
    public const string CSharp = "csharp";

    private const string Newer = "polyglot_notebook", NewerName = "kernelName", Older = "dotnet_interactive", OlderName = "language";

    /// <summary>The language; null for C# or without an entry.</summary>
    public static string? Of(JsonObject metadata)
    {
        var name = Text(metadata[Newer], NewerName) ?? Text(metadata[Older], OlderName);
        return name is null or CSharp or ".NET" ? null : name;
    }

    /// <summary>Writes the language, for both generations of .NET Interactive.</summary>
    public static void Set(JsonObject metadata, string language)
    {
        metadata.SetInOrder(Older, new JsonObject { [OlderName] = language });
        metadata.SetInOrder(Newer, new JsonObject { [NewerName] = language });
    }

    private static string? Text(JsonNode? parent, string name) =>
        parent is JsonObject json && json[name] is JsonValue value && value.TryGetValue<string>(out var text) && text.Length > 0 ? text
            : null;
}
