// Ids, tokens, decoded and streamed text equal those of sentencepiece and tokenizers.
using System.Text.Json;

namespace Llm360.Notebooks.Tests;

public class TokenizerGoldenTests
{
    private sealed record EncodeLine(string Category, string Text, int[] Ids, string[]? Pieces, string[]? Tokens, string Decoded);

    private sealed record StreamLine(int[] Context_ids, int[] Ids, string[] Increments, string Flush, string Text);

    private static readonly JsonSerializerOptions Json = new() { PropertyNameCaseInsensitive = true };

    [Fact]
    public void Small_model_encodes_and_decodes_every_line() =>
        Encode(SentencePieceTokenizer.Load(Fixtures.Path("tokenizer", "small.model")), Fixtures.Path("tokenizer", "small.jsonl"), 295);

    [Fact]
    public void Small_model_streams_every_line() =>
        Stream(SentencePieceTokenizer.Load(Fixtures.Path("tokenizer", "small.model")),
            Fixtures.Path("tokenizer", "small_stream.jsonl"), 87);

    [Fact]
    public void Llama_model_encodes_and_decodes_every_line() =>
        Encode(SentencePieceTokenizer.Load(Fixtures.Shared("llama-tokenizer", "tokenizer.model")),
            Fixtures.Path("tokenizer", "llama.jsonl"), 475);

    [Fact]
    public void Llama_model_streams_every_line() =>
        Stream(SentencePieceTokenizer.Load(Fixtures.Shared("llama-tokenizer", "tokenizer.model")),
            Fixtures.Path("tokenizer", "llama_stream.jsonl"), 87);

    [Fact]
    public void NeoX_file_encodes_and_decodes_every_line() =>
        Encode(ByteLevelBpeTokenizer.Load(Fixtures.Path("tokenizer", "neox.json")), Fixtures.Path("tokenizer", "neox.jsonl"), 295);

    [Fact]
    public void NeoX_file_streams_every_line() =>
        Stream(ByteLevelBpeTokenizer.Load(Fixtures.Path("tokenizer", "neox.json")), Fixtures.Path("tokenizer", "neox_stream.jsonl"), 87);

    [Fact]
    public void Pythia_file_encodes_and_decodes_every_line() =>
        Encode(Tokenizers.Load(Path.GetDirectoryName(Fixtures.Shared("pythia-tokenizer", "tokenizer.json"))!),
            Fixtures.Path("tokenizer", "pythia.jsonl"), 475);

    [Fact]
    public void Pythia_file_streams_every_line() =>
        Stream(ByteLevelBpeTokenizer.Load(Fixtures.Shared("pythia-tokenizer", "tokenizer.json")),
            Fixtures.Path("tokenizer", "pythia_stream.jsonl"), 87);

    private static void Encode(ITokenizer tokenizer, string path, int count)
    {
        var lines = Read<EncodeLine>(path);
        Assert.Equal(count, lines.Count);
        foreach (var line in lines)
        {
            Assert.Equal(line.Ids, tokenizer.Encode(line.Text));
            Assert.Equal(line.Ids, tokenizer.Encode(line.Text)); // again, from the cache
            Assert.Equal(line.Pieces ?? line.Tokens, line.Ids.Select(id => tokenizer.Pieces[id]));
            Assert.Equal(line.Decoded, tokenizer.Decode(line.Ids));
        }
    }

    private static void Stream(ITokenizer tokenizer, string path, int count)
    {
        var lines = Read<StreamLine>(path);
        Assert.Equal(count, lines.Count);
        foreach (var line in lines)
        {
            var decoder = tokenizer.StartDecoding(line.Context_ids);
            Assert.Equal(line.Increments, line.Ids.Select(decoder.Push));
            Assert.Equal(line.Flush, decoder.Flush());
            Assert.Equal(line.Text, string.Concat(line.Increments) + line.Flush);
        }
    }

    // Strings contain U+2028 and U+0085, so only the line feed ends a line.
    private static List<T> Read<T>(string path) =>
        [.. File.ReadAllText(path)
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonSerializer.Deserialize<T>(line, Json)!)];
}
