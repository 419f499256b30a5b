// SentencePiece beyond the references: random text, other kinds of models, damaged files.
using Google.Protobuf;

namespace Llm360.Notebooks.Tests;

public class SentencePieceTokenizerTests
{
    private static readonly byte[] SmallModel = File.ReadAllBytes(Fixtures.Path("tokenizer", "small.model"));

    [Fact]
    public void Random_text_encodes_as_the_slow_encoder_does()
    {
        var random = new Random(1);
        string[] atoms =
            [" ", "  ", "\u2581", "a", "b", "th", "er", "\n", "\t", "é", "😀", "\uFFFD", "1", "in", "<s>", "\0", "ing ", "    "];
        var tokenizer = SentencePieceTokenizer.Parse(SmallModel, "small");
        var slow = new SlowSentencePiece(SmallModel);
        for (var i = 0; i < 500; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(40)).Select(_ => atoms[random.Next(atoms.Length)]));
            Assert.Equal(slow.Encode(text), tokenizer.Encode(text));
        }
    }

    [Fact]
    public void Pieces_that_cross_words_turn_the_split_at_spaces_off()
    {
        var model = Model(["\u2581", "a", "b", "\u2581a", "b\u2581a", "a\u2581a"]);
        var tokenizer = SentencePieceTokenizer.Parse(model, "crossing");
        Assert.False(tokenizer.SplitsAtSpaces);
        Assert.True(SentencePieceTokenizer.Parse(SmallModel, "small").SplitsAtSpaces);
        var slow = new SlowSentencePiece(model);
        foreach (var text in new[] { "a a a", "ab ab a", "b a", "aa  ba b" })
            Assert.Equal(slow.Encode(text), tokenizer.Encode(text));
        Assert.Contains(tokenizer.Encode("b a"), id => tokenizer.Pieces[id] == "b\u2581a");
    }

    [Fact]
    public void Lone_surrogates_become_the_replacement_character()
    {
        var tokenizer = SentencePieceTokenizer.Parse(SmallModel, "small");
        Assert.Equal(tokenizer.Encode("a\uFFFDb\uFFFD"), tokenizer.Encode("a\uD83Db\uDE00"));
        Assert.Equal(tokenizer.Encode("😀\uFFFD"), tokenizer.Encode("😀\uD83D"));
    }

    [Fact]
    public void Many_equal_characters_are_no_trouble()
    {
        var tokenizer = SentencePieceTokenizer.Parse(SmallModel, "small");
        foreach (var text in new[] { new string('a', 200_000), new string(' ', 200_000) })
        {
            Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text))); // a quadratic search would take an hour here
        }
    }

    [Fact]
    public void Threads_may_share_a_tokenizer()
    {
        var tokenizer = SentencePieceTokenizer.Parse(SmallModel, "small");
        var texts = Enumerable.Range(0, 2000).Select(i => $"word{i % 97} and number {i}").ToArray();
        var expected = texts.Select(SentencePieceTokenizer.Parse(SmallModel, "small").Encode).ToArray();
        Parallel.For(0, texts.Length, i => Assert.Equal(expected[i], tokenizer.Encode(texts[i])));
    }

    [Fact]
    public void Every_truncation_gives_one_clear_error()
    {
        for (var length = 0; length < SmallModel.Length - 1; length += 97)
        {
            var error = Assert.Throws<Llm360Exception>(() => SentencePieceTokenizer.Parse(SmallModel[..length], "cut.model"));
            Assert.Equal("cut.model", error.Where);
        }
    }

    [Fact]
    public void Random_bytes_and_missing_files_give_one_clear_error()
    {
        var bytes = new byte[5000];
        new Random(2).NextBytes(bytes);
        Assert.Throws<Llm360Exception>(() => SentencePieceTokenizer.Parse(bytes, "noise.model"));
        var error = Assert.Throws<Llm360Exception>(() => SentencePieceTokenizer.Load(Fixtures.Path("tokenizer", "none.model")));
        Assert.Contains("none.model", error.Where, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_of_another_kind_is_refused_with_its_reason()
    {
        Assert.Contains("not a BPE model", Refusal(Model(["a"], modelType: 1)), StringComparison.Ordinal);
        Assert.Contains("before encoding", Refusal(Model(["a"], removeSpaces: true)), StringComparison.Ordinal);

        static string Refusal(byte[] model) =>
            Assert.Throws<Llm360Exception>(() => SentencePieceTokenizer.Parse(model, "other.model")).What;
    }

    [Fact]
    public void An_unknown_id_is_named()
    {
        var error = Assert.Throws<Llm360Exception>(() => SentencePieceTokenizer.Parse(SmallModel, "small").Decode([5, 2048]));
        Assert.Contains("2048", error.What, StringComparison.Ordinal);
    }

    [Fact]
    public void The_embedded_vocabulary_has_LLaMAs_special_ids()
    {
        var nano = Notebooks.Suites.Recipe("nano");
        var tokenizer = EmbeddedVocabulary.Load(nano.Corpus.Tokenizer);
        Assert.Equal((2048, 0, 1, 2), (tokenizer.VocabularySize, tokenizer.UnknownId, tokenizer.BosId, tokenizer.EosId));
        Assert.Equal(("<unk>", "<s>", "</s>"), (tokenizer.Pieces[0], tokenizer.Pieces[1], tokenizer.Pieces[2]));
        Assert.Equal(259, tokenizer.OrdinaryIds[0]);
        Assert.True(tokenizer.SplitsAtSpaces);
        Assert.Equal(
            "Returns the index of the first occurrence. 😀",
            tokenizer.Decode(tokenizer.Encode("Returns the index of the first occurrence. 😀")));
        var error = Assert.Throws<Llm360Exception>(() => EmbeddedVocabulary.Load(nano.Corpus.Tokenizer with { Asset = "micro.model" }));
        Assert.Contains("nano-2048.model", error.Remedy, StringComparison.Ordinal);
        Assert.Throws<Llm360Exception>(() => EmbeddedVocabulary.Load(nano.Corpus.Tokenizer with { Sha256 = new string('0', 64) }));
    }

    /// <summary>A model with the special pieces, the 256 bytes and some normal pieces, best score
    /// first.</summary>
    private static byte[] Model(string[] normal, int modelType = 2, bool removeSpaces = false)
    {
        var pieces = new List<(string Text, int Type)> { ("<unk>", 2), ("<s>", 3), ("</s>", 3) };
        pieces.AddRange(Enumerable.Range(0, 256).Select(b => ($"<0x{b:X2}>", 6)));
        pieces.AddRange(normal.Select(p => (p, 1)));
        return Message(output =>
        {
            for (var i = 0; i < pieces.Count; i++)
                Nested(output, 1, piece =>
                {
                    piece.WriteTag(1, WireFormat.WireType.LengthDelimited);
                    piece.WriteString(pieces[i].Text);
                    piece.WriteTag(2, WireFormat.WireType.Fixed32);
                    piece.WriteFloat(-i);
                    Number(piece, 3, pieces[i].Type);
                });
            Nested(output, 2, trainer =>
            {
                Number(trainer, 3, modelType);
                Number(trainer, 35, 1);
            });
            Nested(output, 3, normalizer => Number(normalizer, 4, removeSpaces ? 1 : 0));
        });

        static void Number(CodedOutputStream output, int field, int value)
        {
            output.WriteTag(field, WireFormat.WireType.Varint);
            output.WriteInt32(value);
        }

        static void Nested(CodedOutputStream output, int field, Action<CodedOutputStream> write)
        {
            output.WriteTag(field, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(ByteString.CopyFrom(Message(write)));
        }

        static byte[] Message(Action<CodedOutputStream> write)
        {
            using var stream = new MemoryStream();
            using (var output = new CodedOutputStream(stream, leaveOpen: true))
                write(output);
            return stream.ToArray();
        }
    }
}
