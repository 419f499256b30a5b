// Reads a result file of lm-eval: version 0.3, as in Amber's revisions, and 0.4.
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Llm360.Notebooks;

/// <summary>A value of a result file.</summary>
internal sealed record LmEvalValue(string Task, string Metric, double Value, double StandardError);

/// <summary>A result file.</summary>
/// <param name="Where">The file.</param>
/// <param name="Values">Its values.</param>
/// <param name="Revision">The revision of the model, if the file names one.</param>
internal sealed partial record LmEvalResults(string Where, IReadOnlyList<LmEvalValue> Values, string? Revision)
{
    private const string ErrorSuffix = "_stderr";

    // MMLU is 57 tasks of this name in version 0.3, which has no groups.
    private const string MmluPrefix = "hendrycksTest-";
    private const string Mmlu = "mmlu";

    private static readonly JsonKind Kind = new(
        "The result file", 256 << 20, "Name a result file of lm-eval 0.3 or 0.4, or a folder with such files.");

    /// <summary>Reads a file.</summary>
    /// <exception cref="Llm360Exception">
    /// It is of another version, or cannot be read; the error has the line.
    /// </exception>
    public static LmEvalResults Read(string path) => Read(JsonInput.Bytes(path, Kind), path);

    /// <summary>Reads the text of a file.</summary>
    /// <param name="bytes">UTF-8.</param>
    /// <param name="where">The file.</param>
    public static LmEvalResults Read(byte[] bytes, string where)
    {
        using var json = JsonInput.Document(bytes, where, Kind);
        var root = JsonPlace.Root(json, where, Kind);
        if (root.Value.ValueKind != JsonValueKind.Object || root.Find("results") is not { } results)
            throw At(root, "it has no \"results\"");
        if (root.Find("lm_eval_version") is { } version && !KnownVersion().IsMatch(version.Value.ToString()))
            throw At(version, $"it is of lm-eval {Printable.Value(version.Value.ToString())}, and versions 0.3 and 0.4 are read");
        // Version 0.4 names a filter after the metric: "acc,none".
        var hasFilters = root.Find("configs") is not null || root.Find("n-shot") is not null;
        if (!hasFilters && root.Find("config") is null)
            throw At(root, "it has neither the \"config\" of version 0.3 nor the \"configs\" of version 0.4");
        RequireObject(results);
        List<LmEvalValue> values = [.. results.Members().SelectMany(t => Values(t.Key, t.Value))];
        if (values.Count == 0)
            throw At(results, "it has no value");
        var subjects = values.Where(v => v.Metric == "acc" && v.Task.StartsWith(MmluPrefix, StringComparison.Ordinal)).ToList();
        if (!hasFilters && subjects.Count > 1)
            values.Add(new LmEvalValue(Mmlu, "acc", subjects.Average(s => s.Value), double.NaN));
        return new LmEvalResults(where, values, RevisionIn(root));

        IEnumerable<LmEvalValue> Values(string task, JsonPlace place)
        {
            RequireObject(place);
            var members = place.Members().ToDictionary(m => m.Key, m => m.Value);
            foreach (var (key, value) in members)
            {
                var (metric, filter) = key.Split(',', 2) is [var first, var second] ? (first, second) : (key, null);
                if (metric.EndsWith(ErrorSuffix, StringComparison.Ordinal) || value.Value.ValueKind == JsonValueKind.String)
                    continue;
                if (filter is null == hasFilters)
                {
                    // Besides its metrics, version 0.4 has sizes and other entries without a
                    // filter.
                    if (hasFilters)
                        continue;
                    throw At(value, $"the metric \"{Printable.Value(key)}\" has a filter as in version 0.4, but there is no \"configs\"");
                }

                var error = members.TryGetValue(filter is null ? metric + ErrorSuffix : $"{metric}{ErrorSuffix},{filter}", out var found)
                    ? Error(found) : double.NaN;
                yield return new LmEvalValue(task, filter is null or "none" ? metric : $"{metric} ({filter})", Number(value), error);
            }
        }

        double Number(JsonPlace place) => place.Value.ValueKind == JsonValueKind.Number
            && place.Value.GetDouble() is var number && double.IsFinite(number) ? number
            : throw At(place, $"{place.Path} is not a number but {Printable.Value(place.Value.GetRawText())}");

        // "N/A" means that there is none.
        double Error(JsonPlace place) => place.Value.ValueKind == JsonValueKind.String || place.IsNull ? double.NaN : Number(place);

        void RequireObject(JsonPlace place)
        {
            if (place.Value.ValueKind != JsonValueKind.Object)
                throw At(place, $"{place.Path} is not an object");
        }

        Llm360Exception At(JsonPlace place, string how) =>
            Kind.Error(how, JsonCheck.Place(where, JsonLines.Of(bytes, place.Path, Kind), place.Path));
    }

    private static string? RevisionIn(JsonPlace root)
    {
        var config = root.Find("config");
        if (config is not { Value.ValueKind: JsonValueKind.Object } || config.Value.Find("model_args") is not { } arguments)
            return null;
        return arguments.Value.ValueKind switch
        {
            JsonValueKind.String => Revisions().Match(arguments.Text()) is { Success: true } match ? match.Groups["name"].Value : null,
            JsonValueKind.Object => arguments.Find("revision")
                is { Value.ValueKind: JsonValueKind.String } revision ? revision.Text() : null,
            _ => null,
        };
    }

    [GeneratedRegex(@"^v?0\.[34](\.|\z)")]
    private static partial Regex KnownVersion();

    [GeneratedRegex(@"(^|,)revision=(?<name>[^,]+)")]
    private static partial Regex Revisions();
}
