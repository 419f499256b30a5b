// Settings of attribution on the command line, and its results as JSON and CSV.
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.Cli.Commands;

/// <summary>Reads <c>--set name=value</c>, and writes rows.</summary>
internal static class AttributionOptions
{
    private static readonly JsonSerializerOptions Written = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>Settings with what the command line changes.</summary>
    /// <exception cref="Llm360Exception">A name is unknown, or a value is not a number.</exception>
    public static AttributionSettings Apply(AttributionSettings settings, IEnumerable<string> assignments)
    {
        foreach (var assignment in assignments)
        {
            if (assignment.Split('=', 2) is not [var name, var value])
                throw Bad(assignment, "Write name=value, such as damping=0.1.");
            settings = name switch
            {
                "damping" => settings with { Damping = Real(assignment, value) },
                "ridge" or "trak_lambda" or "lambda" => settings with { Ridges = [.. value.Split(',').Select(v => Real(assignment, v))] },
                "k1" => settings with { K1 = Real(assignment, value) },
                "b" => settings with { B = Real(assignment, value) },
                "n" => settings with { GramLength = (int)Whole(assignment, value) },
                "size" => settings with { ProjectedSize = (int)Whole(assignment, value) },
                "seed" => settings with { Seed = (int)Whole(assignment, value) },
                "factor-rows" => settings with { FactorRows = (int)Whole(assignment, value) },
                "memory" => settings with { MemoryLimit = Whole(assignment, value) },
                _ => throw Bad(assignment, "Choose damping, ridge, k1, b, n, size, seed, factor-rows or memory."),
            };
        }

        return settings.Checked();
    }

    /// <summary>Query, method and rows as one line of JSON.</summary>
    public static string Json(AttributionResult result, AttributionTop top) => new JsonObject
    {
        ["suite"] = result.Suite.Name,
        ["method"] = result.Method,
        ["unit"] = result.Unit,
        ["query"] = result.QueryText,
        ["checkpoints"] = new JsonArray([.. result.Checkpoints.Select(c => (JsonNode)c.Name)]),
        ["rows"] = new JsonArray([.. top.Zip(top.Rows, (score, row) =>
        {
            var node = JsonSerializer.SerializeToNode(score, Written)!;
            node["text"] = result.TextOf(row);
            return node;
        })]),
    }.ToJsonString();

    /// <summary>A header, and a line for each row.</summary>
    public static IEnumerable<string> Csv(AttributionResult result, AttributionTop top)
    {
        yield return "rank,score,unit,source,canary,chunk,row,hash,seen,text";
        foreach (var (score, row) in top.Zip(top.Rows))
        {
            string[] cells =
            [
                score.Rank.ToString(CultureInfo.InvariantCulture), score.Score.ToString("R", CultureInfo.InvariantCulture), score.Unit,
                    score.Source, score.Canary ?? "",
                score.Chunk.ToString(CultureInfo.InvariantCulture), score.Row.ToString(CultureInfo.InvariantCulture), score.Hash,
                    score.Seen ? "true" : "false",
                result.TextOf(row).ReplaceLineEndings(" "),
            ];
            yield return string.Join(
                ',', cells.Select(c => c.AsSpan().ContainsAny(",\"") ? $"\"{c.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : c));
        }
    }

    private static double Real(string assignment, string value) =>
        double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number
            : throw Bad(assignment, "Give a number, such as 0.1.");

    private static long Whole(string assignment, string value) =>
        long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number is >= int.MinValue
            && (number <= int.MaxValue || assignment.StartsWith("memory=", StringComparison.Ordinal))
            ? number : throw Bad(assignment, "Give a whole number.");

    private static Llm360Exception Bad(string assignment, string remedy) =>
        new($"\"{assignment}\" is no setting of attribution.", "--set", remedy);
}
