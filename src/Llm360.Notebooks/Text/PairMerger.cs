// Byte-pair merging by score: the core of SentencePiece's BPE encoder.
namespace Llm360.Notebooks.Text;

/// <summary>Merges adjacent symbols of a text, best score first, leftmost first among equals, until no two form a piece.</summary>
/// <param name="pieces">Normal pieces by text.</param>
/// <param name="scores">Score of every id.</param>
internal sealed class PairMerger(Dictionary<string, int> pieces, float[] scores)
{
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _pieces = pieces.GetAlternateLookup<ReadOnlySpan<char>>();
    private readonly int _longest = pieces.Count == 0 ? 0 : pieces.Keys.Max(p => p.Length);

    /// <summary>A stretch of the text; a symbol that was merged into its left neighbour has length 0.</summary>
    private struct Symbol
    {
        public int Start;
        public int Length;
        public int Previous;
        public int Next;
    }

    /// <summary>A pair that formed a piece when it was found; stale once either side has changed, which its length tells.</summary>
    private readonly record struct Pair(int Left, int Right, int Length);

    /// <summary>Heap order: higher score first, then further left.</summary>
    private readonly record struct Rank(float Score, int Left) : IComparable<Rank>
    {
        public int CompareTo(Rank other) => Score != other.Score ? other.Score.CompareTo(Score) : Left.CompareTo(other.Left);
    }

    /// <summary>The lengths, in UTF-16 units, of the symbols that remain.</summary>
    /// <param name="text">Well-formed UTF-16.</param>
    public List<int> Merge(ReadOnlySpan<char> text)
    {
        var symbols = Split(text);
        var agenda = new PriorityQueue<Pair, Rank>();
        for (var i = 0; i + 1 < symbols.Length; i++)
            Offer(text, symbols, agenda, i, i + 1);
        while (agenda.TryDequeue(out var pair, out _))
        {
            ref var left = ref symbols[pair.Left];
            ref var right = ref symbols[pair.Right];
            if (left.Length == 0 || right.Length == 0 || left.Length + right.Length != pair.Length)
                continue;
            left.Length = pair.Length;
            right.Length = 0;
            left.Next = right.Next;
            if (right.Next >= 0)
                symbols[right.Next].Previous = pair.Left;
            Offer(text, symbols, agenda, left.Previous, pair.Left);
            Offer(text, symbols, agenda, pair.Left, left.Next);
        }

        var lengths = new List<int>();
        for (var i = symbols.Length > 0 ? 0 : -1; i >= 0; i = symbols[i].Next)
            lengths.Add(symbols[i].Length);
        return lengths;
    }

    /// <summary>One symbol a Unicode scalar value.</summary>
    private static Symbol[] Split(ReadOnlySpan<char> text)
    {
        var symbols = new List<Symbol>(text.Length);
        for (var i = 0; i < text.Length;)
        {
            var length = char.IsHighSurrogate(text[i]) ? 2 : 1;
            symbols.Add(new Symbol { Start = i, Length = length, Previous = symbols.Count - 1, Next = symbols.Count + 1 });
            i += length;
        }

        var array = symbols.ToArray();
        if (array.Length > 0)
            array[^1].Next = -1;
        return array;
    }

    private void Offer(ReadOnlySpan<char> text, Symbol[] symbols, PriorityQueue<Pair, Rank> agenda, int left, int right)
    {
        if (left < 0 || right < 0)
            return;
        var length = symbols[left].Length + symbols[right].Length;
        if (length <= _longest && _pieces.TryGetValue(text.Slice(symbols[left].Start, length), out var id))
            agenda.Enqueue(new Pair(left, right, length), new Rank(scores[id], left));
    }
}
