// The cells that were executed in this session of the kernel.
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Llm360.Notebooks.Kernel.Jupyter;

/// <summary>The history of one kernel, from its start; nothing is kept between kernels.</summary>
internal sealed class History
{
    private const int Session = 1;

    private readonly List<(int Line, string Input, string? Output)> entries = [];

    /// <summary>Remembers a cell.</summary>
    /// <param name="line">Its number.</param>
    /// <param name="input">Its source.</param>
    /// <param name="output">The text of its last expression; null without one.</param>
    public void Add(int line, string input, string? output) => entries.Add((line, input, output));

    /// <summary>The content of history_reply.</summary>
    public JsonObject Reply(JsonObject request)
    {
        var output = request.Flag("output") ?? false;
        var selected = Select(request).Select(entry =>
            (JsonNode)new JsonArray(Session, entry.Line, output ? new JsonArray(entry.Input, entry.Output) : entry.Input));
        return new JsonObject
        {
            ["status"] = "ok",
            ["history"] = new JsonArray([.. selected]),
        };
    }

    private IEnumerable<(int Line, string Input, string? Output)> Select(JsonObject request)
    {
        switch (request.Text("hist_access_type"))
        {
            case "range":
                // Sessions are numbered from the first. 0 and negative numbers count back from this
                // one, which is the only one.
                if (request.Number("session") is not (null or 0 or Session))
                    return [];
                var (start, stop) = (request.Number("start") ?? 0, request.Number("stop") ?? int.MaxValue);
                return entries.Where(entry => entry.Line >= start && entry.Line < stop);
            case "search":
                var wildcards = Regex.Escape(request.Text("pattern") ?? "*")
                    .Replace("\\*", ".*", StringComparison.Ordinal)
                    .Replace("\\?", ".", StringComparison.Ordinal);
                var pattern = new Regex("^" + wildcards + "$", RegexOptions.Singleline | RegexOptions.NonBacktracking);
                var found = entries.Where(entry => pattern.IsMatch(entry.Input));
                if (request.Flag("unique") ?? false)
                    found = found.GroupBy(entry => entry.Input).Select(same => same.Last()).OrderBy(entry => entry.Line);
                return found.TakeLast(request.Number("n") ?? int.MaxValue);
            default:
                return entries.TakeLast(request.Number("n") ?? int.MaxValue);
        }
    }
}
