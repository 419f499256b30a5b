// A slow, readable byte-level encoder, with which the fast encoder must agree.
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Llm360.Notebooks.Tests;

/// <summary>Byte-level BPE by definition: the real pattern, then merges of the best pair of all
/// pairs, without heap or cache.</summary>
internal sealed partial class SlowByteLevel
{
    private readonly Dictionary<string, int> _vocabulary;
    private readonly Dictionary<(string, string), int> _ranks = [];
    private readonly (string Content, int Id, bool Normalized)[] _added;

    public SlowByteLevel(string path)
    {
        var json = JsonNode.Parse(File.ReadAllText(path))!;
        _vocabulary = json["model"]!["vocab"]!.AsObject().ToDictionary(e => e.Key, e => e.Value!.GetValue<int>());
        foreach (var (rank, merge) in json["model"]!["merges"]!.AsArray().Index())
            _ranks[(merge![0]!.GetValue<string>(), merge[1]!.GetValue<string>())] = rank;
        _added = [.. json["added_tokens"]!.AsArray()
            .Select(t => (t!["content"]!.GetValue<string>(), t["id"]!.GetValue<int>(), t["normalized"]!.GetValue<bool>()))];
    }

    public int[] Encode(string text) =>
        [.. Cut(text, normalized: false,
            raw => Cut(Nfc.Normalize(raw).ToString(), normalized: true, stretch => Words(stretch).SelectMany(Merge)))];

    /// <summary>Splits a text into words by the pattern itself. Each character is replaced by one
    /// of its class that .NET's regular expressions support.</summary>
    public static IEnumerable<string> Words(string text)
    {
        var runes = text.EnumerateRunes().ToList();
        var kinds = string.Concat(runes.Select(
            r => r.IsAscii ? (char)r.Value : Rune.IsLetter(r) ? 'L' : Rune.IsNumber(r) ? '0' : Rune.IsWhiteSpace(r) ? '\t' : '!'));
        return Pattern().Matches(kinds).Select(m => string.Concat(runes.GetRange(m.Index, m.Length)));
    }

    private IEnumerable<int> Cut(string text, bool normalized, Func<string, IEnumerable<int>> rest)
    {
        var begin = 0;
        for (var i = 0; i < text.Length;)
        {
            var hits = _added.Where(
                t => t.Normalized == normalized && string.CompareOrdinal(text, i, t.Content, 0, t.Content.Length) == 0).ToList();
            if (hits.Count == 0)
            {
                i++;
                continue;
            }

            var hit = hits.MaxBy(t => t.Content.Length);
            foreach (var id in rest(text[begin..i]))
                yield return id;
            yield return hit.Id;
            begin = i += hit.Content.Length;
        }

        foreach (var id in rest(text[begin..]))
            yield return id;
    }

    private IEnumerable<int> Merge(string word)
    {
        var symbols = Encoding.UTF8.GetBytes(word).Select(b => ByteAlphabet.CharacterOf(b).ToString()).ToList();
        while (symbols.Count > 1)
        {
            var best = Enumerable.Range(0, symbols.Count - 1).MinBy(Rank);
            if (Rank(best) == int.MaxValue)
                break;
            symbols[best] += symbols[best + 1];
            symbols.RemoveAt(best + 1);
        }

        return symbols.Select(s => _vocabulary[s]);

        int Rank(int i) => _ranks.GetValueOrDefault((symbols[i], symbols[i + 1]), int.MaxValue);
    }

    [GeneratedRegex(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+")]
    private static partial Regex Pattern();
}
