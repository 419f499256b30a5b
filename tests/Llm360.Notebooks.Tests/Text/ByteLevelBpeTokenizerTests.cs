// Byte-level BPE beyond the references: random text, long runs, streams, special tokens.
using System.Text;

namespace Llm360.Notebooks.Tests;

public class ByteLevelBpeTokenizerTests
{
    private static readonly string[] Atoms =
    [
        " ", "  ", "     ", "a", "b", "th", "er", "ing ", "'s", "'ll", "'", "'S", "1", "20", "½", "Ⅷ",
        "\n", "\t", "\r\n", "\u0085", "\u00A0", "\u2003", "\u3000", "\u200B", "\u180E", "\u001C",
        "é", "e\u0301", "\u0301", "\u0316", "\u2126", "\u0958",
        "가", "\u1100", "\u1161", "\u11A8", "中", "😀", "𝓐", "𝟘", "𠀀", "\uFFFD",
        ".", "...", "_", "<|endoftext|>", "<|padding|>", "<|end", "\0",
    ];

    private static ByteLevelBpeTokenizer NeoX => ByteLevelBpeTokenizer.Load(Fixtures.Path("tokenizer", "neox.json"));

    private static int IdOf(ByteLevelBpeTokenizer tokenizer, string piece) => tokenizer.Pieces.ToList().IndexOf(piece);

    private static IEnumerable<string> RandomTexts(int seed, int count)
    {
        var random = new Random(seed);
        return Enumerable.Range(0, count)
            .Select(_ => string.Concat(Enumerable.Range(0, random.Next(40)).Select(_ => Atoms[random.Next(Atoms.Length)])));
    }

    [Fact]
    public void Random_text_encodes_as_the_slow_encoder_does()
    {
        var tokenizer = NeoX;
        var slow = new SlowByteLevel(Fixtures.Path("tokenizer", "neox.json"));
        foreach (var text in RandomTexts(1, 2000))
        {
            var ids = tokenizer.Encode(text);
            Assert.Equal(slow.Encode(text), ids);
            if (!text.Contains('<', StringComparison.Ordinal)) // an added token ends the normalised span
                Assert.Equal(Nfc.Normalize(text).ToString(), tokenizer.Decode(ids));
        }
    }

    [Fact]
    public void Every_character_of_the_first_planes_is_split_as_the_pattern_splits_it()
    {
        for (var c = 0; c < 0x30000; c++)
            if (Rune.IsValid(c))
            {
                var text = $" {new Rune(c)}{new Rune(c)}a 1";
                Assert.Equal(SlowByteLevel.Words(text).First().Length, ByteLevelSplitter.WordLength(text));
            }
    }

    [Fact]
    public void White_space_is_Unicodes()
    {
        int[] white =
            [0x9, 0xA, 0xB, 0xC, 0xD, 0x20, 0x85, 0xA0, 0x1680, .. Enumerable.Range(0x2000, 11), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000];
        // A space joins the next character into a word. Before a letter it does not join white
        // space.
        Assert.Equal(white, Enumerable.Range(0, 0x10000)
            .Where(c => !char.IsSurrogate((char)c) && Length($" {(char)c}") == 2 && Length($" {(char)c}a") == 1));

        static int Length(string text) => ByteLevelSplitter.WordLength(text);
    }

    [Fact]
    public void Long_runs_have_the_known_answer()
    {
        using var folder = new TemporaryFolder();
        var tokenizer = TokenizerFile.Make(("a", "a"), ("aa", "aa"), ("1", "1")).Load(folder); // a quadratic search would take an hour here
        var (aa, aaaa, ones) = (IdOf(tokenizer, "aa"), IdOf(tokenizer, "aaaa"), IdOf(tokenizer, "11"));
        Assert.Equal([.. Enumerable.Repeat(aaaa, 50_000), aa, IdOf(tokenizer, "a")], tokenizer.Encode(new string('a', 200_003)));
        Assert.Equal(Enumerable.Repeat(ones, 100_000), tokenizer.Encode(new string('1', 200_000)));

        var neox = NeoX;
        var (longest, eight) = (IdOf(neox, new string(' ', 24)), IdOf(neox, new string(' ', 8)));
        Assert.Equal([.. Enumerable.Repeat(longest, 8333), eight], neox.Encode(new string(' ', 200_000)));
        Assert.Equal(Enumerable.Repeat(neox.EosId, 10_000), neox.Encode(new StringBuilder().Insert(0, "<|endoftext|>", 10_000).ToString()));
    }

    [Fact]
    public void Pairs_merge_by_their_place_in_the_list_not_by_what_they_form()
    {
        using var folder = new TemporaryFolder();
        var tokenizer = TokenizerFile.Make(("b", "c"), ("a", "b"), ("ab", "c")).Load(folder);
        // "abc" is in the vocabulary, but a and bc are not a listed pair.
        Assert.Equal(["a", "bc"], tokenizer.Encode("abc").Select(id => tokenizer.Pieces[id]));
        Assert.Equal(["ab", "a", "bc"], tokenizer.Encode("ababc").Select(id => tokenizer.Pieces[id]));
    }

    [Fact]
    public void Streams_of_random_ids_add_up_to_the_whole()
    {
        var tokenizer = NeoX;
        var random = new Random(3);
        var bytes = Enumerable.Range(0, 256).Select(b => IdOf(tokenizer, ByteAlphabet.CharacterOf((byte)b).ToString())).ToArray();
        for (var i = 0; i < 2000; i++)
        {
            // Mostly bytes from 0x80 up, for all kinds of broken characters.
            var ids = Enumerable.Range(0, random.Next(12))
                .Select(_ => random.Next(8) == 0 ? random.Next(tokenizer.VocabularySize) : bytes[random.Next(0x80, 0x100)])
                .ToArray();
            var decoder = tokenizer.StartDecoding();
            Assert.Equal(tokenizer.Decode(ids), string.Concat(ids.Select(decoder.Push)) + decoder.Flush());
        }
    }

    [Fact]
    public void Added_tokens_match_the_longest_and_stand_for_their_own_text()
    {
        using var folder = new TemporaryFolder();
        var json = TokenizerFile.Make();
        // The second token is written in decomposed form and matches normalised text.
        foreach (var (content, normalized) in new[] { ("<x>é", false), ("e\u0301\u0301", true), ("<x>", false) })
            json["added_tokens"]!.AsArray().Add(
                (System.Text.Json.Nodes.JsonNode)TokenizerFile.Added(content, 256 + json["added_tokens"]!.AsArray().Count, normalized));
        var tokenizer = json.Load(folder);
        int[] ids = [257, 259, IdOf(tokenizer, "."), 258];
        Assert.Equal(ids, tokenizer.Encode("<x>é<x>.\u00E9\u0301"));
        Assert.Equal("<x>é<x>.e\u0301\u0301", tokenizer.Decode(ids));
    }

    [Fact]
    public void Lone_surrogates_become_the_replacement_character()
    {
        var tokenizer = NeoX;
        Assert.Equal(tokenizer.Encode("a\uFFFDb\uFFFD😀"), tokenizer.Encode("a\uD83Db\uDE00😀"));
        Assert.Empty(tokenizer.Encode(""));
    }

    [Fact]
    public void Threads_may_share_a_tokenizer()
    {
        var tokenizer = NeoX;
        var texts = RandomTexts(5, 2000).ToArray();
        var expected = texts.Select(NeoX.Encode).ToArray();
        Parallel.For(0, texts.Length, i => Assert.Equal(expected[i], tokenizer.Encode(texts[i])));
    }

    [Fact]
    public void An_unknown_id_is_named()
    {
        var error = Assert.Throws<Llm360Exception>(() => NeoX.Decode([5, 1523]));
        Assert.Contains("1523", error.What, StringComparison.Ordinal);
        Assert.Throws<Llm360Exception>(() => NeoX.StartDecoding([-1]));
    }

    [Fact]
    public void Special_ids_come_from_the_configuration_beside_the_file()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal((256, 256), Ids(null));
        Assert.Equal((256, 256), Ids("""{"eos_token": null}"""));
        Assert.Equal((0, 1), Ids("""{"bos_token": {"content": "\u0100"}, "eos_token": "\u0101"}"""));
        var error = Assert.Throws<Llm360Exception>(() => Ids("""{"eos_token": "</s>"}"""));
        Assert.Contains("</s>", error.What, StringComparison.Ordinal);
        foreach (var broken in new[] { "{", "[]", """{"eos_token": 5}""", """{"eos_token": "\ud800"}""" })
            Assert.StartsWith(folder["tokenizer_config.json"], Assert.Throws<Llm360Exception>(() => Ids(broken)).Where,
                StringComparison.Ordinal);

        File.Delete(folder["tokenizer_config.json"]);
        var json = TokenizerFile.Make();
        json["added_tokens"] = null;
        Assert.Equal(-1, json.Load(folder).EosId);

        (int Bos, int Eos) Ids(string? config)
        {
            if (config is not null)
                File.WriteAllText(folder["tokenizer_config.json"], config);
            var tokenizer = TokenizerFile.Make().Load(folder);
            return (tokenizer.BosId, tokenizer.EosId);
        }
    }
}
