// The tokenizer of Pythia and GPT-NeoX: byte-level BPE from a tokenizer.json.
using System.Buffers;
using System.Text;

namespace Llm360.Notebooks;

/// <summary>
/// Encodes and decodes with a GPT-NeoX style <c>tokenizer.json</c> exactly as Hugging Face's
/// <c>tokenizers</c> does.
/// </summary>
/// <remarks>
/// <para>
/// Added tokens, including <c>&lt;|endoftext|&gt;</c>, are cut out of the text. The rest is
/// normalised to NFC if the file says so, and cut into words by GPT-2's pattern. The UTF-8 bytes of
/// a word merge by the file's list: first in the list first, leftmost first among equals. In
/// decoding, every token gives its text, including special ones. Padding and truncation, if
/// requested by the file, are left to the caller.
/// </para>
/// <para>
/// Sennrich et al. 2016 (arXiv 1508.07909); Radford et al. 2019 (GPT-2); Black et al. 2022
/// (GPT-NeoX-20B, arXiv 2204.06745).
/// </para>
/// </remarks>
internal sealed class ByteLevelBpeTokenizer : ITokenizer
{
    private readonly TokenizerJson _file;
    private readonly byte[][] _bytes;
    private readonly AddedTokens _raw, _normalized;
    private readonly WordCache _words;

    private ByteLevelBpeTokenizer(TokenizerJson file, int bosId, int eosId)
    {
        _file = file;
        (BosId, EosId) = (bosId, eosId);
        Pieces = Array.AsReadOnly(file.Pieces);
        _bytes = [.. file.Pieces.Select(ByteAlphabet.BytesOf)];
        foreach (var token in file.Added)
            _bytes[token.Id] = Encoding.UTF8.GetBytes(token.Content);
        _raw = new AddedTokens(file.Added.Where(t => !t.Normalized));
        var normalized = file.Added.Where(t => t.Normalized);
        _normalized = new AddedTokens(normalized.Select(t => t with { Content = Normalize(t.Content).ToString() }));
        _words = new WordCache(Merge);
    }

    /// <summary>
    /// The tokens by id, with a printable character for each byte (<c>Ġ</c> for a space); added
    /// tokens as they are matched.
    /// </summary>
    public IReadOnlyList<string> Pieces { get; }

    /// <inheritdoc/>
    public int VocabularySize => Pieces.Count;

    /// <summary>
    /// Id of the <c>bos_token</c> in <c>tokenizer_config.json</c>. Without one, the id of
    /// <c>&lt;|endoftext|&gt;</c> if it is an added token, otherwise -1.
    /// </summary>
    public int BosId { get; }

    /// <summary>
    /// Id of the <c>eos_token</c> in <c>tokenizer_config.json</c>. Without one, the id of
    /// <c>&lt;|endoftext|&gt;</c> if it is an added token, otherwise -1.
    /// </summary>
    public int EosId { get; }

    /// <summary>
    /// Loads a <c>tokenizer.json</c>, and the <c>tokenizer_config.json</c> in the same folder if
    /// there is one.
    /// </summary>
    /// <exception cref="Llm360Exception">
    /// A file is missing or malformed, or requires an unsupported step that would change the ids.
    /// </exception>
    public static ByteLevelBpeTokenizer Load(string path)
    {
        var file = TokenizerJson.Read(path);
        var config = TokenizerConfig.ReadBeside(path);
        return new ByteLevelBpeTokenizer(file, config.Id("bos_token", file), config.Id("eos_token", file));
    }

    /// <inheritdoc/>
    public int[] Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var ids = new List<int>((text.Length / 3) + 1);
        _raw.Cut(WellFormed(text), ids, (rest, found) => _normalized.Cut(Normalize(rest), found, EncodeWords));
        return [.. ids];
    }

    /// <inheritdoc/>
    public string Decode(IEnumerable<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var bytes = new ArrayBufferWriter<byte>();
        foreach (var id in ids)
            bytes.Write(BytesOf(id));
        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    /// <inheritdoc/>
    public StreamingDecoder StartDecoding(IEnumerable<int>? contextIds = null) => new ByteLevelDecoder(BytesOf).After(contextIds);

    private byte[] BytesOf(int id) => (uint)id < (uint)_bytes.Length ? _bytes[id]
        : throw new Llm360Exception(
            $"There is no token {id}.", $"a vocabulary of {_bytes.Length} tokens",
            "Decode with the tokenizer that the ids were made with.");

    // A lone surrogate enumerates as U+FFFD.
    private static string WellFormed(string text) =>
        text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF') ? string.Concat(text.EnumerateRunes()) : text;

    private ReadOnlySpan<char> Normalize(ReadOnlySpan<char> text) => _file.Nfc ? Nfc.Normalize(text) : text;

    private void EncodeWords(ReadOnlySpan<char> text, List<int> ids)
    {
        while (text.Length > 0)
        {
            var length = ByteLevelSplitter.WordLength(text);
            _words.Encode(text[..length], ids);
            text = text[length..];
        }
    }

    private void Merge(ReadOnlySpan<char> word, List<int> ids)
    {
        var symbols = new Symbol[Encoding.UTF8.GetByteCount(word)];
        var bytes = new byte[symbols.Length];
        Encoding.UTF8.GetBytes(word, bytes);
        for (var i = 0; i < bytes.Length; i++)
            symbols[i] = new Symbol { Start = i, Length = 1, Id = _file.ByteIds[bytes[i]] };
        PairMerger.Link(symbols);
        PairMerger.Merge(symbols, new ListRule(_file.Merges));
        for (var i = 0; i >= 0; i = symbols[i].Next)
            ids.Add(symbols[i].Id);
    }

    /// <summary>Neighbours merge if the file lists their pair; earlier pairs merge first.</summary>
    private readonly struct ListRule(Dictionary<(int Left, int Right), Merge> merges) : IMergeRule
    {
        public bool TryMerge(in Symbol left, in Symbol right, out int id, out double rank)
        {
            var found = merges.TryGetValue((left.Id, right.Id), out var merge);
            (id, rank) = (merge.Id, merge.Rank);
            return found;
        }
    }
}
