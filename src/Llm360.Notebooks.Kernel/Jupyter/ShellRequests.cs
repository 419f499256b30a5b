// The requests on shell that run no code.
using System.Text.Json.Nodes;
using Llm360.Notebooks.Kernel.Editing;
using Llm360.Notebooks.Kernel.Execution;

namespace Llm360.Notebooks.Kernel.Jupyter;

/// <summary>Answers questions about code, history and the kernel.</summary>
internal sealed class ShellRequests(CSharpSession session, History history)
{
    private readonly CodeEditing editing = new(session);

    /// <summary>Prepares for the first completion.</summary>
    public Task WarmUpAsync() => editing.WarmUpAsync();

    /// <summary>The type of a request's reply; null for messages that get none.</summary>
    public static string? ReplyType(string type) =>
        type.EndsWith("_request", StringComparison.Ordinal) ? type[..^"request".Length] + "reply" : null;

    public static JsonObject Error(string name, string message) =>
        new() { ["status"] = "error", ["ename"] = name, ["evalue"] = message, ["traceback"] = new JsonArray(message) };

    /// <summary>The content of the reply.</summary>
    /// <exception cref="FormatException">The request lacks a field.</exception>
    public async Task<JsonObject> AnswerAsync(Message request) => request.Type switch
    {
        "kernel_info_request" => KernelInfo.Reply(),
        "complete_request" => await CompleteAsync(request.Content).ConfigureAwait(false),
        "inspect_request" => await InspectAsync(request.Content).ConfigureAwait(false),
        "is_complete_request" => IsComplete(Code(request.Content)),
        "history_request" => history.Reply(request.Content),
        "comm_info_request" => new JsonObject { ["status"] = "ok", ["comms"] = new JsonObject() },
        _ => Error("NotSupported", $"This kernel does not know {request.Type}."),
    };

    private async Task<JsonObject> CompleteAsync(JsonObject content)
    {
        var code = Code(content);
        var cursor = Cursor(content, code);
        var (start, items) = await editing.CompleteAsync(code, cursor).ConfigureAwait(false);
        return new JsonObject
        {
            ["status"] = "ok",
            ["matches"] = new JsonArray([.. items.Select(item => JsonValue.Create(item.Text))]),
            ["cursor_start"] = CodePoints(code[..start]),
            ["cursor_end"] = CodePoints(code[..cursor]),
            ["metadata"] = new JsonObject
            {
                // JupyterLab and Notebook 7 show the kind beside each match.
                ["_jupyter_types_experimental"] = new JsonArray([.. items.Select(item => (JsonNode)new JsonObject
                {
                    ["text"] = item.Text,
                    ["type"] = item.Kind,
                    ["start"] = CodePoints(code[..start]),
                    ["end"] = CodePoints(code[..cursor]),
                })]),
            },
        };
    }

    private async Task<JsonObject> InspectAsync(JsonObject content)
    {
        var code = Code(content);
        var found = await editing.InspectAsync(code, Cursor(content, code)).ConfigureAwait(false);
        return new JsonObject
        {
            ["status"] = "ok",
            ["found"] = found is not null,
            ["data"] = found?.Data.DeepClone() ?? new JsonObject(),
            ["metadata"] = new JsonObject(),
        };
    }

    private static JsonObject IsComplete(string code)
    {
        var completeness = CodeEditing.IsComplete(code);
        var reply = new JsonObject { ["status"] = completeness.ToString().ToLowerInvariant() };
        if (completeness == Completeness.Incomplete)
            reply["indent"] = CodeEditing.Indentation(code);
        return reply;
    }

    private static string Code(JsonObject content) => content.Text("code") ?? throw new FormatException("it lacks the text \"code\"");

    /// <summary>The cursor as an index into UTF-16; the protocol counts code points.</summary>
    private static int Cursor(JsonObject content, string code)
    {
        var points = content.Number("cursor_pos") ?? int.MaxValue;
        var index = 0;
        for (; points > 0 && index < code.Length; points--)
            index += char.IsSurrogatePair(code, index) ? 2 : 1;
        return index;
    }

    private static int CodePoints(string text) => text.EnumerateRunes().Count();
}
