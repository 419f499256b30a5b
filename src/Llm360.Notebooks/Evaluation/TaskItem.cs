// One item of an evaluation task, with its position for errors.
using System.Text.Json.Nodes;

namespace Llm360.Notebooks;

/// <summary>An item, with its position for errors.</summary>
/// <param name="Data">The item's fields.</param>
/// <param name="File">The file from which it was read.</param>
/// <param name="Index">Its number in the file, from 0: <c>doc_id</c>.</param>
/// <param name="Line">Its line in the file, from 1; null for a file without lines.</param>
internal sealed record TaskItem(JsonObject Data, string File, int Index, int? Line)
{
    /// <summary>File, line and number.</summary>
    public string Place => Line is { } line
        ? FormattableString.Invariant($"{File}, line {line}, item {Index} (counted from 0)")
        : FormattableString.Invariant($"{File}, item {Index} (counted from 0)");

    /// <summary>The error for an item that does not fit its task.</summary>
    /// <param name="how">What is wrong, a clause.</param>
    public Llm360Exception Error(string how) => new(
        $"The item does not fit its task: {how}.", Place,
            "Correct the item, or the task that names its fields; llm360 tasks show NAME shows a task.");

    /// <summary>Whether the fields are the same, as <c>==</c> of Python's dictionaries.</summary>
    public bool IsSameAs(TaskItem other) => JsonNode.DeepEquals(Data, other.Data);
}
