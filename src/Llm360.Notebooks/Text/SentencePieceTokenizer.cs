// The tokenizer of LLaMA, Amber and the suites trained here: SentencePiece BPE with byte fallback.
using System.Text;

namespace Llm360.Notebooks;

/// <summary>
/// Encodes and decodes with a SentencePiece <c>tokenizer.model</c> exactly as SentencePiece does.
/// </summary>
/// <remarks>
/// A text gets one U+2581 in front, and spaces become U+2581. Pairs of adjacent pieces merge by
/// score, leftmost first among equals. Characters without a piece become UTF-8 bytes.
/// <c>&lt;s&gt;</c> and similar texts are ordinary characters, and no id is put before or after.
/// Sennrich et al. 2016 (arXiv 1508.07909); Kudo and Richardson 2018 (arXiv 1808.06226).
/// </remarks>
internal sealed class SentencePieceTokenizer : ITokenizer
{
    /// <summary>The character that represents a space.</summary>
    internal const char Space = '\u2581';

    // A model of 256,000 pieces has 4 MB.
    private const int LongestFile = 256 << 20;

    private readonly VocabularyPiece[] _pieces;
    private readonly Dictionary<string, int> _normal;
    private readonly int[] _byteIds = new int[256];
    private readonly byte[] _byteValues;
    private readonly int _longest;
    private readonly WordCache _words;

    private SentencePieceTokenizer(SentencePieceModel model, string where)
    {
        _pieces = model.Pieces;
        (UnknownId, BosId, EosId) = (model.UnknownId, model.BosId, model.EosId);
        Pieces = Array.AsReadOnly(_pieces.Select(p => p.Text).ToArray());
        _normal = [];
        _byteValues = new byte[_pieces.Length];
        for (var id = 0; id < _pieces.Length; id++)
        {
            if (_pieces[id].Type == PieceType.Normal)
                _normal.TryAdd(_pieces[id].Text, id);
            else if (_pieces[id].Type == PieceType.Byte)
                _byteIds[_byteValues[id] = ByteValue(_pieces[id].Text, where)] = id;
        }

        _longest = _normal.Count == 0 ? 0 : _normal.Keys.Max(p => p.Length);
        _words = new WordCache(EncodeStretch);
        // If no piece extends past the end of a word, no merge crosses the start of a run of
        // U+2581. Words can then be encoded separately.
        SplitsAtSpaces = !_normal.Keys.Any(piece => piece.AsSpan().TrimStart(Space).Contains(Space));
        OrdinaryIds = Array.AsReadOnly(Enumerable.Range(0, _pieces.Length).Where(id => _pieces[id].Type == PieceType.Normal).ToArray());
    }

    /// <summary>
    /// The pieces by id, with U+2581 for a space and <c>&lt;0x0A&gt;</c> for a byte.
    /// </summary>
    public IReadOnlyList<string> Pieces { get; }

    /// <summary>Number of pieces.</summary>
    public int VocabularySize => _pieces.Length;

    /// <summary>Id of <c>&lt;unk&gt;</c>.</summary>
    public int UnknownId { get; }

    /// <summary>Id of <c>&lt;s&gt;</c>; -1 if the model has none.</summary>
    public int BosId { get; }

    /// <summary>Id of <c>&lt;/s&gt;</c>; -1 if the model has none.</summary>
    public int EosId { get; }

    /// <summary>Ids of the pieces that represent text: neither special nor single bytes.</summary>
    public IReadOnlyList<int> OrdinaryIds { get; }

    /// <summary>
    /// Whether words can be encoded one by one with this vocabulary, which is faster and gives the
    /// same ids.
    /// </summary>
    internal bool SplitsAtSpaces { get; }

    /// <summary>Loads a <c>tokenizer.model</c>.</summary>
    /// <exception cref="Llm360Exception">
    /// The file is missing, corrupt, or not of the kind that LLaMA uses.
    /// </exception>
    public static SentencePieceTokenizer Load(string path)
    {
        try
        {
            return Parse(PlainFile.ReadAllBytes(path, LongestFile), path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new Llm360Exception($"The SentencePiece model cannot be read: {e.Message}", path, "Name a tokenizer.model file.", e);
        }
    }

    /// <summary>Loads a model from its bytes.</summary>
    /// <param name="bytes">A whole <c>tokenizer.model</c>.</param>
    /// <param name="name">Its name in errors.</param>
    /// <exception cref="Llm360Exception">
    /// The bytes are corrupt, or not a model of the kind that LLaMA uses.
    /// </exception>
    public static SentencePieceTokenizer Parse(byte[] bytes, string name) => new(SentencePieceModel.Parse(bytes, name), name);

    /// <inheritdoc/>
    public int[] Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length == 0)
            return [];
        var prepared = Prepare(text);
        var ids = new List<int>((text.Length / 3) + 1);
        if (!SplitsAtSpaces)
            EncodeStretch(prepared, ids);
        else
            for (var start = 0; start < prepared.Length;)
            {
                var end = start + WordLength(prepared.AsSpan(start));
                _words.Encode(prepared.AsSpan(start, end - start), ids);
                start = end;
            }

        return [.. ids];
    }

    /// <inheritdoc/>
    public string Decode(IEnumerable<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var decoder = StartDecoding();
        var text = new StringBuilder();
        foreach (var id in ids)
            text.Append(decoder.Push(id));
        return text.Append(decoder.Flush()).ToString();
    }

    /// <inheritdoc/>
    public StreamingDecoder StartDecoding(IEnumerable<int>? contextIds = null) => new SentencePieceDecoder(this).After(contextIds);

    /// <summary>The entry of an id; the id is checked.</summary>
    internal VocabularyPiece Entry(int id) => (uint)id < (uint)_pieces.Length ? _pieces[id]
        : throw new Llm360Exception(
            $"There is no token {id}.", $"a vocabulary of {_pieces.Length} pieces",
            "Decode with the tokenizer that the ids were made with.");

    /// <summary>The byte that a byte piece represents.</summary>
    internal byte ByteOf(int id) => _byteValues[id];

    private static string Prepare(string text) => string.Create(text.Length + 1, text, static (span, source) =>
    {
        span[0] = Space;
        for (var i = 0; i < source.Length; i++)
        {
            var c = source[i];
            if (char.IsHighSurrogate(c) && i + 1 < source.Length && char.IsLowSurrogate(source[i + 1]))
            {
                span[i + 1] = c;
                c = source[++i];
            }
            else if (char.IsSurrogate(c))
                c = '\uFFFD';

            span[i + 1] = c == ' ' ? Space : c;
        }
    });

    /// <summary>Length of a run of U+2581 and the text up to the next run.</summary>
    private static int WordLength(ReadOnlySpan<char> text)
    {
        var word = text.IndexOfAnyExcept(Space);
        var next = word < 0 ? -1 : text[word..].IndexOf(Space);
        return next < 0 ? text.Length : word + next;
    }

    private void EncodeStretch(ReadOnlySpan<char> text, List<int> ids)
    {
        var rule = new ScoreRule(text, _normal.GetAlternateLookup<ReadOnlySpan<char>>(), _pieces, _longest);
        var symbols = rule.Split();
        PairMerger.Merge(symbols, rule);
        Span<byte> utf8 = stackalloc byte[4];
        for (var i = symbols.Length > 0 ? 0 : -1; i >= 0; i = symbols[i].Next)
        {
            if (symbols[i].Id >= 0)
                ids.Add(symbols[i].Id);
            else // only a single character can be without a piece
                foreach (var b in utf8[..Encoding.UTF8.GetBytes(text.Slice(symbols[i].Start, symbols[i].Length), utf8)])
                    ids.Add(_byteIds[b]);
        }
    }

    private static byte ByteValue(string piece, string where) =>
        piece is ['<', '0', 'x', _, _, '>']
            && byte.TryParse(piece.AsSpan(3, 2), System.Globalization.NumberStyles.AllowHexSpecifier, null, out var value)
            ? value
            : throw new Llm360Exception(
                $"The SentencePiece model has a byte piece \"{piece}\".", where,
                "Byte pieces are <0x00> to <0xFF>; download the file again.");
}
