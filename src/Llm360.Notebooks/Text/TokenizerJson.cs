// Reads a tokenizer.json of the GPT-NeoX kind: vocabulary, list of merges, added tokens.
using System.Text.Json;

namespace Llm360.Notebooks;

/// <summary>The place of a pair in the list, and the token that it forms.</summary>
internal readonly record struct Merge(int Rank, int Id);

/// <summary>
/// A parsed file that requires only byte-level BPE, with or without NFC.
/// </summary>
/// <param name="Pieces">Tokens by id, including added ones.</param>
/// <param name="ByteIds">
/// The token of each byte; -1 for bytes that occur in no UTF-8 text and are not in the vocabulary.
/// </param>
/// <param name="Merges">The list, by the ids of the pair.</param>
/// <param name="Added">Added tokens as in the file.</param>
/// <param name="Nfc">Whether text is normalised to NFC.</param>
internal sealed record TokenizerJson(
    string[] Pieces, int[] ByteIds, Dictionary<(int Left, int Right), Merge> Merges, AddedToken[] Added, bool Nfc)
{
    // The file of Gemma, with 256,000 tokens, has 33 MB.
    private static readonly JsonKind Kind = new("The tokenizer", 256 << 20, JsonPart.FetchAgain)
    {
        MissingRemedy = "Name a tokenizer.json file.",
    };

    /// <summary>Reads and checks a file.</summary>
    public static TokenizerJson Read(string path)
    {
        using var document = JsonInput.Document(path, Kind);
        return Parse(document.RootElement, new JsonPart(path, "$"));
    }

    private static TokenizerJson Parse(JsonElement root, JsonPart at)
    {
        at.Require(root.ValueKind == JsonValueKind.Object, "is not an object");
        var nfc = TokenizerComponents.Check(root, at);
        var model = at / "model";
        var vocabulary = Vocabulary(model.Object(root.GetProperty("model"), "vocab"), model / "vocab");
        var bytes = ByteTokens(vocabulary, model / "vocab");
        var hasAdded = root.TryGetProperty("added_tokens", out var list) && list.ValueKind != JsonValueKind.Null;
        var added = hasAdded ? AddedList(list, at / "added_tokens") : [];
        return new TokenizerJson(
            InOrder(vocabulary, added, at),
            bytes,
            MergeList(model.Array(root.GetProperty("model"), "merges"), vocabulary, model / "merges"),
            added,
            nfc);
    }

    private static Dictionary<string, int> Vocabulary(JsonElement entries, JsonPart at)
    {
        var ids = new Dictionary<string, int>();
        foreach (var entry in entries.EnumerateObject())
            ids.Add(entry.Name, entry.Value.ValueKind == JsonValueKind.Number && entry.Value.TryGetInt32(out var id) && id >= 0 ? id
                : throw at.Malformed($"gives \"{entry.Name}\" the id {entry.Value.GetRawText()}"));
        return ids;
    }

    private static AddedToken[] AddedList(JsonElement list, JsonPart at)
    {
        at.Require(list.ValueKind == JsonValueKind.Array, "is not an array");
        return [.. list.EnumerateArray().Select((token, i) => Token(token, at / i))];

        static AddedToken Token(JsonElement token, JsonPart at)
        {
            foreach (var key in new[] { "single_word", "lstrip", "rstrip" })
                if (at.Boolean(token, key, standard: false))
                    throw at.Unsupported(key, "true");
            var content = at.Text(token, "content");
            at.Require(content.Length > 0, "has an empty content");
            return new AddedToken(content, at.Integer(token, "id"), at.Boolean(token, "normalized", standard: null));
        }
    }

    /// <summary>All tokens by id. The ids must be 0, 1, 2, ..., each of one token.</summary>
    private static string[] InOrder(Dictionary<string, int> vocabulary, AddedToken[] added, JsonPart at)
    {
        foreach (var token in added)
            if (vocabulary.TryGetValue(token.Content, out var id) && id != token.Id)
                throw at.Malformed($"gives \"{token.Content}\" the id {token.Id} as an added token and {id} in its vocabulary");
        at.Require(added.DistinctBy(t => t.Content).Count() == added.Length, "adds the same token twice");
        var ids = new Dictionary<string, int>(vocabulary);
        foreach (var token in added)
            ids[token.Content] = token.Id;
        var pieces = new string?[ids.Count];
        foreach (var (token, id) in ids)
        {
            if (id >= pieces.Length)
                throw at.Malformed($"has {pieces.Length} tokens but an id {id} (\"{token}\")");
            if (pieces[id] is { } other)
                throw at.Malformed($"gives the id {id} to both \"{other}\" and \"{token}\"");
            pieces[id] = token;
        }

        return pieces!;
    }

    private static int[] ByteTokens(Dictionary<string, int> vocabulary, JsonPart at)
    {
        var ids = new int[256];
        for (var b = 0; b < ids.Length; b++)
        {
            ids[b] = vocabulary.GetValueOrDefault(ByteAlphabet.CharacterOf((byte)b).ToString(), -1);
            if (ids[b] < 0 && b is not (0xC0 or 0xC1 or >= 0xF5))
                throw at.Malformed($"has no token for the byte {b:X2}, so it is not a byte-level vocabulary");
        }

        return ids;
    }

    /// <summary>
    /// Pairs as <c>["a", "b"]</c> or, in older files, <c>"a b"</c>. If a pair is listed twice, the
    /// later place counts, as in <c>tokenizers</c>.
    /// </summary>
    private static Dictionary<(int Left, int Right), Merge> MergeList(JsonElement list, Dictionary<string, int> vocabulary, JsonPart at)
    {
        var merges = new Dictionary<(int Left, int Right), Merge>(list.GetArrayLength());
        var rank = 0;
        foreach (var entry in list.EnumerateArray())
        {
            if (entry.ValueKind == JsonValueKind.String && entry.GetString()!.StartsWith("#version", StringComparison.Ordinal))
                continue;
            string[] pair = entry.ValueKind switch
            {
                JsonValueKind.String => entry.GetString()!.Split(' '),
                JsonValueKind.Array when entry.EnumerateArray().All(t => t.ValueKind == JsonValueKind.String) =>
                    [.. entry.EnumerateArray().Select(t => t.GetString()!)],
                _ => [],
            };
            if (pair is not [var left, var right])
                throw (at / rank).Malformed("is not a pair of tokens");
            merges[(Id(left), Id(right))] = new Merge(rank, Id(left + right));
            rank++;
        }

        return merges;

        int Id(string token) => vocabulary.TryGetValue(token, out var id) ? id
            : throw (at / rank).Malformed($"needs \"{token}\", which is not in the vocabulary");
    }
}
