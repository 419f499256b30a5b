// Items made by rule from a suite's held-out text, so that tasks mean something for a model of a
// million parameters.
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Llm360.Notebooks;

/// <summary>Makes items. The same held-out text gives the same items.</summary>
internal static partial class SuiteItems
{
    /// <summary>Version of the rules: raise it when one gives other items.</summary>
    public const int Version = 1;

    /// <summary>Items of a task at most, and few-shot examples beside them.</summary>
    private const int MostItems = 200, PoolSize = 16;

    private const int Choices = 4;

    private static readonly string[] Closing = [")", "]", ">", "}"];

    /// <summary>Names of the rules.</summary>
    public static IReadOnlyList<string> Rules { get; } = ["continuation", "parameter", "article", "bracket", "documents"];

    /// <summary>The items of a rule, and others for few-shot examples.</summary>
    /// <param name="rule">One of <see cref="Rules"/>.</param>
    /// <param name="suite">The suite whose held-out text is used.</param>
    /// <exception cref="Llm360Exception">The suite has no held-out text, or the rule finds no item
    /// in it.</exception>
    public static (IReadOnlyList<TaskItem> Items, IReadOnlyList<TaskItem> Pool) Make(string rule, Suite suite) =>
        Make(rule, HeldOutText.Documents(suite), suite.ValidationPath);

    /// <summary>The same from documents.</summary>
    /// <param name="rule">One of <see cref="Rules"/>.</param>
    /// <param name="documents">The documents.</param>
    /// <param name="where">The file they come from.</param>
    public static (IReadOnlyList<TaskItem> Items, IReadOnlyList<TaskItem> Pool) Make(string rule,
        IReadOnlyList<HeldOutDocument> documents, string where)
    {
        var random = SplitMix64.For(Version, $"items/{rule}");
        var all = All(rule, documents, random);
        if (all.Count == 0)
            throw new Llm360Exception($"The rule \"{rule}\" finds no item in the held-out text.", where,
                "Choose another task, or a suite with more held-out text.");
        // A stretch of the text is often about one thing, and the first items should be about many.
        var shuffled = random.Permutation(all.Count).Select(i => all[i]).ToList();
        if (rule == "documents")
            return (Items(shuffled), []);
        var pool = Math.Min(PoolSize, all.Count / 4);
        return (Items(shuffled.Skip(pool).Take(MostItems)), Items(shuffled.Take(pool)));

        List<TaskItem> Items(IEnumerable<JsonObject> from) => [.. from.Select((data, i) => new TaskItem(data, where, i, null))];
    }

    /// <summary>Whether the rule finds items in the suite's held-out text.</summary>
    public static bool Exist(string rule, Suite suite) =>
        File.Exists(suite.ValidationPath) && All(rule, HeldOutText.Documents(suite), SplitMix64.For(Version, $"items/{rule}")).Count > 0;

    private static List<JsonObject> All(string rule, IReadOnlyList<HeldOutDocument> documents, SplitMix64 random) => rule switch
    {
        "continuation" => [.. Continuations(documents, random)],
        "parameter" => [.. Parameters(documents, random)],
        "article" => [.. Articles(documents)],
        "bracket" => [.. Brackets(documents)],
        _ => [.. documents.Select(d => new JsonObject { ["text"] = d.Text, ["source"] = d.Source })],
    };

    // The second half of a sentence, among the second halves of others.
    private static IEnumerable<JsonObject> Continuations(IReadOnlyList<HeldOutDocument> documents, SplitMix64 random)
    {
        const int shortest = 8, longest = 40;
        var halves = documents.SelectMany(d => HeldOutText.Sentences(d.Text).Select(s => (d.Source, Words: s.Split(' '))))
            .Where(s => s.Words.Length is >= shortest and <= longest && !s.Words[0].EndsWith(':'))
            .Select(s => (s.Source, Prompt: string.Join(' ', s.Words[..(s.Words.Length / 2)]),
                End: string.Join(' ', s.Words[(s.Words.Length / 2)..])))
            .DistinctBy(s => s.Prompt).DistinctBy(s => s.End).ToList();
        return halves.Count < Choices ? []
            : halves.Select((h, i) => Among(h.Prompt, h.End, [.. halves.Select(o => o.End)], i, h.Source, random));
    }

    // The description of a parameter after its name, among those of others.
    private static IEnumerable<JsonObject> Parameters(IReadOnlyList<HeldOutDocument> documents, SplitMix64 random)
    {
        var found = documents.SelectMany(d => Parameter().Matches(d.Text)
            .Select(m => (d.Source, Prompt: m.Groups["before"].Value.TrimStart() + m.Groups["name"].Value + ":", Text: m.Groups["text"].Value)))
            .DistinctBy(p => p.Prompt).DistinctBy(p => p.Text).ToList();
        return found.Count < Choices ? []
            : found.Select((p, i) => Among(p.Prompt, p.Text, [.. found.Select(o => o.Text)], i, p.Source, random));
    }

    private static JsonObject Among(string prompt, string right, IReadOnlyList<string> all, int index, string source, SplitMix64 random)
    {
        var wrong = random.Permutation(all.Count).Where(i => i != index).Take(Choices - 1).Select(i => all[i]).ToList();
        var target = random.Below(Choices);
        wrong.Insert(target, right);
        return Item(prompt, wrong, target, source);
    }

    // "a" or "an" before the same word: which makes the word more probable?
    private static IEnumerable<JsonObject> Articles(IReadOnlyList<HeldOutDocument> documents) =>
        from document in documents
        from match in Article().Matches(document.Text)
        let before = Tail(document.Text[..match.Groups["article"].Index])
        where before.Length > 0
        select new JsonObject
        {
            ["contexts"] = new JsonArray($"{before}a", $"{before}an"),
            ["context"] = before + match.Groups["article"].Value,
            ["rest"] = match.Groups["noun"].Value,
            ["target"] = match.Groups["article"].Value == "a" ? 0 : 1,
            ["source"] = document.Source,
        }
        into item
        group item by item.ToJsonString() into same
        select same.First();

    // The bracket that closes the one that is open.
    private static IEnumerable<JsonObject> Brackets(IReadOnlyList<HeldOutDocument> documents) =>
        from document in documents
        from match in Bracket().Matches(document.Text)
        let prompt = Tail(document.Text[..match.Groups["opening"].Index]) + match.Groups["opening"].Value + match.Groups["inside"].Value
        let right = Array.IndexOf(Closing, match.Groups["closing"].Value)
        where "([<{".IndexOf(match.Groups["opening"].Value, StringComparison.Ordinal) == right
        group Item(prompt, Closing, right, document.Source) by prompt into same
        select same.First();

    private static JsonObject Item(string prompt, IReadOnlyList<string> choices, int target, string source) => new()
    {
        ["prompt"] = prompt,
        ["choices"] = new JsonArray([.. choices.Select(c => (JsonNode)c)]),
        ["target"] = target,
        ["source"] = source,
    };

    // The sentence so far, with its last space.
    private static string Tail(string text)
    {
        var sentence = HeldOutText.Sentences(text).LastOrDefault() ?? "";
        return sentence.Length > 0 && text.EndsWith(' ') ? sentence + " " : sentence;
    }

    [GeneratedRegex(@"(?<before>(?:[^.\n]{5,150}\.\s)?)\b(?<name>[a-z][A-Za-z0-9]*): (?<text>(?:A|An|The|True|If)\b[^.:\n]{10,120}\.)")]
    private static partial Regex Parameter();

    [GeneratedRegex(@"(?<= )(?<article>an?) (?<noun>[a-z]{3,})\b")]
    private static partial Regex Article();

    [GeneratedRegex(@"(?<opening>[(\[<{])(?<inside>[^()\[\]<>{}\n]{1,40})(?<closing>[)\]>}])")]
    private static partial Regex Bracket();
}
