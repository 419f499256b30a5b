// One Jupyter message.
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.Kernel.Jupyter;

/// <summary>A message of the Jupyter protocol.</summary>
/// <param name="Identities">The frames that route a reply to the client.</param>
/// <param name="Header">Its own header.</param>
/// <param name="ParentHeader">The header of the message it answers; empty for none.</param>
/// <param name="Content">Depends on the type.</param>
internal sealed record Message(IReadOnlyList<byte[]> Identities, JsonObject Header, JsonObject ParentHeader, JsonObject Content)
{
    /// <summary>Additional data of the client; empty for none.</summary>
    public JsonObject Metadata { get; init; } = [];

    public string Type => Header.Text("msg_type") ?? "";
}

/// <summary>Reads JSON that a client has sent and that may be anything.</summary>
internal static class Json
{
    public static string? Text(this JsonObject json, string name) =>
        json[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    public static bool? Flag(this JsonObject json, string name) =>
        json[name] is JsonValue value && value.TryGetValue<bool>(out var flag) ? flag : null;

    public static int? Number(this JsonObject json, string name) =>
        json[name] is JsonValue value && value.TryGetValue<int>(out var number) ? number : null;
}
