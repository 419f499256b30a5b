// Damaged or unsupported files give one clear error that states the position.
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.Tests;

public class TokenizerJsonTests
{
    [Theory]
    [InlineData("$.model.type", "\"WordPiece\"")]
    [InlineData("$.model.dropout", "0.1")]
    [InlineData("$.model.byte_fallback", "true")]
    [InlineData("$.model.ignore_merges", "true")]
    [InlineData("$.model.continuing_subword_prefix", "\"##\"")]
    [InlineData("$.model.end_of_word_suffix", "\"</w>\"")]
    [InlineData("$.normalizer", """{"type":"NFKC"}""")]
    [InlineData("$.normalizer", """{"type":"Sequence","normalizers":[]}""")]
    [InlineData("$.pre_tokenizer", """{"type":"Metaspace"}""")]
    [InlineData("$.pre_tokenizer.add_prefix_space", "true")]
    [InlineData("$.pre_tokenizer.use_regex", "false")]
    [InlineData("$.decoder", """{"type":"WordPiece"}""")]
    [InlineData("$.post_processor", """{"type":"BertProcessing"}""")]
    [InlineData("$.post_processor", """{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>"}},{"Sequence":{"id":"A"}}]}""")]
    [InlineData("$.added_tokens[0].lstrip", "true")]
    [InlineData("$.added_tokens[0].single_word", "true")]
    public void What_would_change_the_ids_is_refused(string place, string value)
    {
        var error = Refusal(place, value);
        Assert.Contains($"{place.Split('.')[^1]} = ", error.What, StringComparison.Ordinal);
        Assert.Contains("is not supported", error.What, StringComparison.Ordinal);
        Assert.EndsWith($"tokenizer.json, {place}", error.Where, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("$.model", "5", "no object model")]
    [InlineData("$.model.vocab", "[]", "no object vocab")]
    [InlineData("$.model.vocab.a", "\"x\"", "the id \"x\"")]
    [InlineData("$.model.vocab.a", "-1", "the id -1")]
    [InlineData("$.model.vocab.a", "1.5", "the id 1.5")]
    [InlineData("$.model.vocab.a", "3", "the id 3 to both")]
    [InlineData("$.model.vocab.a", "70000", "259 tokens but an id 70000")]
    [InlineData("$.model.vocab", """{"a":0}""", "byte 00")]
    [InlineData("$.model.merges", "{}", "no array merges")]
    [InlineData("$.model.merges[1]", "5", "not a pair")]
    [InlineData("$.model.merges[1]", "\"a b c\"", "not a pair")]
    [InlineData("$.model.merges[1]", """["a",5]""", "not a pair")]
    [InlineData("$.model.merges[1]", """["a","zz"]""", "needs \"zz\"")]
    [InlineData("$.model.merges[1]", """["c","c"]""", "needs \"cc\"")]
    [InlineData("$.model.byte_fallback", "\"no\"", "byte_fallback = \"no\"")]
    [InlineData("$.pre_tokenizer", "null", "no object pre_tokenizer")]
    [InlineData("$.pre_tokenizer", """{"type":"ByteLevel"}""", "no add_prefix_space")]
    [InlineData("$.decoder", "null", "no object decoder")]
    [InlineData("$.added_tokens", "{}", "not an array")]
    [InlineData("$.added_tokens[0]", "5", "no string content")]
    [InlineData("$.added_tokens[0].content", "\"\"", "empty content")]
    [InlineData("$.added_tokens[0].id", "\"x\"", "no number id")]
    [InlineData("$.added_tokens[0].id", "-1", "no whole number id")]
    [InlineData("$.added_tokens[0].content", "\"a\"", "the id 258 as an added token and ")]
    [InlineData("$.added_tokens[0]", """{"content":"x y","id":258}""", "no normalized")]
    [InlineData("$.added_tokens[1]", """{"content":"<|endoftext|>","id":259,"normalized":false}""", "same token twice")]
    [InlineData("$.added_tokens[1]", """{"content":"x y","id":258,"normalized":false}""", "the id 258 to both")]
    [InlineData("$.added_tokens[1]", """{"content":"x y","id":300,"normalized":false}""", "260 tokens but an id 300")]
    public void What_is_malformed_is_named(string place, string value, string expected)
    {
        var error = Refusal(place, value);
        Assert.Contains(expected, error.What, StringComparison.Ordinal);
        Assert.Contains("tokenizer.json, $", error.Where, StringComparison.Ordinal);
    }

    [Fact]
    public void What_changes_nothing_is_accepted()
    {
        using var folder = new TemporaryFolder();
        var json = Make();
        json["truncation"] = JsonNode.Parse("""{"max_length":4}""");
        json["normalizer"] = null;
        json["post_processor"] = JsonNode.Parse("""{"type":"TemplateProcessing","single":[{"Sequence":{"id":"A","type_id":0}}]}""");
        json["model"]!["dropout"] = 0.0;
        json["model"]!["end_of_word_suffix"] = "";
        json["model"]!["merges"] = new JsonArray("#version: 0.2", "a a", "b b");
        var tokenizer = json.Load(folder);
        Assert.Equal(["aa", "bb"], tokenizer.Encode("aabb").Select(id => tokenizer.Pieces[id]));
        Assert.Equal("e\u0301", tokenizer.Decode(tokenizer.Encode("e\u0301"))); // not normalised
    }

    [Fact]
    public void Bytes_outside_UTF8_may_lack_a_token()
    {
        using var folder = new TemporaryFolder();
        var json = Make();
        var vocabulary = json["model"]!["vocab"]!.AsObject();
        foreach (var b in new[] { 0xC0, 0xC1, 0xF5, 0xFF })
            vocabulary.Remove(((char)b).ToString());
        foreach (var (id, token) in vocabulary.Select(e => e.Key).ToList().Index())
            vocabulary[token] = id;
        json["added_tokens"]![0]!["id"] = vocabulary.Count;
        Assert.Equal(255, json.Load(folder).VocabularySize);
        vocabulary.Remove("a");
        Assert.Contains("byte 61", Assert.Throws<Llm360Exception>(() => Remade().Load(folder)).What, StringComparison.Ordinal);

        JsonObject Remade()
        {
            foreach (var (id, token) in vocabulary.Select(e => e.Key).ToList().Index())
                vocabulary[token] = id;
            json["added_tokens"]![0]!["id"] = vocabulary.Count;
            return json;
        }
    }

    [Fact]
    public void Damaged_and_missing_files_give_one_clear_error()
    {
        using var folder = new TemporaryFolder();
        var path = folder["tokenizer.json"];
        Assert.Equal(path, Refused().Where);
        var whole = Make().ToJsonString();
        for (var length = 0; length < whole.Length; length += 151)
        {
            File.WriteAllText(path, whole[..length]);
            Assert.StartsWith($"{path}, line 1, $", Refused().Where, StringComparison.Ordinal);
        }

        var renamed = whole.Replace("\"a\"", "\"b\"", StringComparison.Ordinal);
        foreach (var text in new[] { "[]", "null", "{}", """{"model":{"type":"\ud800"}}""", renamed })
        {
            File.WriteAllText(path, text);
            Assert.StartsWith(path, Refused().Where, StringComparison.Ordinal);
        }

        Llm360Exception Refused() => Assert.Throws<Llm360Exception>(() => ByteLevelBpeTokenizer.Load(path));
    }

    private static JsonObject Make() => TokenizerFile.Make(("a", "a"), ("b", "b"));

    /// <summary>The error of a good file with one value changed.</summary>
    private static Llm360Exception Refusal(string place, string value)
    {
        using var folder = new TemporaryFolder();
        var json = Make();
        var keys = place.Replace("[", ".[", StringComparison.Ordinal).Split('.')[1..];
        var node = keys[..^1].Aggregate((JsonNode)json, (n, key) => key[0] == '[' ? n[Index(key)]! : n[key]!);
        if (keys[^1][0] != '[')
            node[keys[^1]] = JsonNode.Parse(value);
        else if (Index(keys[^1]) < node.AsArray().Count)
            node[Index(keys[^1])] = JsonNode.Parse(value);
        else
            node.AsArray().Add(JsonNode.Parse(value));
        return Assert.Throws<Llm360Exception>(() => json.Load(folder));

        static int Index(string key) => int.Parse(key.Trim('[', ']'), System.Globalization.CultureInfo.InvariantCulture);
    }
}
