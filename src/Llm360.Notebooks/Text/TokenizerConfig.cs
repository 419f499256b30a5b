// Reads a text's begin and end tokens from the tokenizer_config.json beside a tokenizer.json.
using System.Text.Json;

namespace Llm360.Notebooks;

/// <summary>The special tokens that a <c>tokenizer_config.json</c> names.</summary>
/// <param name="Place">The file.</param>
/// <param name="Contents">Token by key; empty without a file.</param>
internal sealed record TokenizerConfig(string Place, IReadOnlyDictionary<string, string> Contents)
{
    /// <summary>The token that ends, and begins, a text in GPT-NeoX.</summary>
    private const string EndOfText = "<|endoftext|>";

    public const string FileName = "tokenizer_config.json";

    private static readonly JsonKind Kind = new(FileName, 16 << 20, JsonPart.FetchAgain);

    /// <summary>Reads the file in the same folder as another; nothing if there is none.</summary>
    public static TokenizerConfig ReadBeside(string path)
    {
        var place = Path.Combine(Path.GetDirectoryName(path) ?? "", FileName);
        var contents = new Dictionary<string, string>();
        if (!File.Exists(place))
            return new TokenizerConfig(place, contents);
        using var document = JsonInput.Document(place, Kind);
        var root = JsonPlace.Root(document, place, Kind);
        foreach (var key in new[] { "bos_token", "eos_token" })
        {
            if (root.Find(key) is { IsNull: false } token)
                contents[key] = (token.Value.ValueKind == JsonValueKind.Object ? token["content"] : token).Text();
        }

        return new TokenizerConfig(place, contents);
    }

    /// <summary>
    /// Id of the token at a key; otherwise that of <c>&lt;|endoftext|&gt;</c> if it is an added
    /// token; otherwise -1.
    /// </summary>
    /// <exception cref="Llm360Exception">The token named is not in the vocabulary.</exception>
    public int Id(string key, TokenizerJson vocabulary)
    {
        if (!Contents.TryGetValue(key, out var content))
            return vocabulary.Added.Where(t => t.Content == EndOfText).Select(t => t.Id).FirstOrDefault(-1);
        var id = Array.IndexOf(vocabulary.Pieces, content);
        return id >= 0 ? id
            : throw new Llm360Exception(
                $"The {key} \"{Printable.Value(content)}\" is not in the vocabulary.", $"{Place}, $.{key}",
                "Fetch tokenizer.json and tokenizer_config.json from the same repository.");
    }
}
