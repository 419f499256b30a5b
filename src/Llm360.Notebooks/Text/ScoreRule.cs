// The merge rule of SentencePiece's BPE.
namespace Llm360.Notebooks;

/// <summary>
/// Neighbours merge if their joined text is a normal piece; the piece with the highest score merges
/// first.
/// </summary>
/// <param name="text">Well-formed UTF-16.</param>
/// <param name="normal">Normal pieces by text.</param>
/// <param name="pieces">All pieces by id.</param>
/// <param name="longest">Length of the longest normal piece.</param>
internal readonly ref struct ScoreRule(
    ReadOnlySpan<char> text,
    Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> normal,
    VocabularyPiece[] pieces,
    int longest) : IMergeRule
{
    private readonly ReadOnlySpan<char> _text = text;

    /// <summary>The text as linked symbols, one per Unicode scalar value.</summary>
    public Span<Symbol> Split()
    {
        var symbols = new Symbol[_text.Length];
        var count = 0;
        for (var i = 0; i < _text.Length; i += symbols[count++].Length)
        {
            var length = char.IsHighSurrogate(_text[i]) ? 2 : 1;
            symbols[count] = new Symbol { Start = i, Length = length, Id = IdOf(i, length) };
        }

        PairMerger.Link(symbols.AsSpan(0, count));
        return symbols.AsSpan(0, count);
    }

    public bool TryMerge(in Symbol left, in Symbol right, out int id, out double rank)
    {
        var length = left.Length + right.Length;
        id = length <= longest ? IdOf(left.Start, length) : -1;
        rank = id >= 0 ? -pieces[id].Score : 0;
        return id >= 0;
    }

    private int IdOf(int start, int length) => normal.TryGetValue(_text.Slice(start, length), out var id) ? id : -1;
}
