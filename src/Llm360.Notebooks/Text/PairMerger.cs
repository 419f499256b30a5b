// Byte-pair merging with a heap, shared by both encoders, which differ only in their merge rules.
namespace Llm360.Notebooks;

/// <summary>
/// A part of a text during merging; a symbol that was merged into its left neighbour has length 0.
/// </summary>
internal struct Symbol
{
    /// <summary>Its start, in the units of the text.</summary>
    public int Start;

    /// <summary>Its length, in the units of the text.</summary>
    public int Length;

    /// <summary>Its token; -1 if it has none.</summary>
    public int Id;

    /// <summary>Index of the left neighbour; -1 for none.</summary>
    public int Previous;

    /// <summary>Index of the right neighbour; -1 for none.</summary>
    public int Next;
}

/// <summary>Decides which neighbours merge, and in which order.</summary>
internal interface IMergeRule
{
    /// <summary>Whether two neighbours form a token.</summary>
    /// <param name="left">The left neighbour.</param>
    /// <param name="right">The right neighbour.</param>
    /// <param name="id">The token they form.</param>
    /// <param name="rank">Its rank; lower ranks merge first.</param>
    bool TryMerge(in Symbol left, in Symbol right, out int id, out double rank);
}

/// <summary>
/// Merges neighbours, lowest rank first, leftmost first among equals, until no two form a token. It
/// takes n log n steps for a text of length n.
/// </summary>
internal static class PairMerger
{
    /// <summary>
    /// A pair that formed a token when it was found. It is stale if its length no longer matches
    /// that of both sides.
    /// </summary>
    private readonly record struct Pair(int Left, int Right, int Length, int Id);

    /// <summary>Heap order: lower rank first, then further left.</summary>
    private readonly record struct Order(double Rank, int Left) : IComparable<Order>
    {
        public int CompareTo(Order other) => Rank != other.Rank ? Rank.CompareTo(other.Rank) : Left.CompareTo(other.Left);
    }

    /// <summary>Links every symbol to the next one.</summary>
    public static void Link(Span<Symbol> symbols)
    {
        for (var i = 0; i < symbols.Length; i++)
            (symbols[i].Previous, symbols[i].Next) = (i - 1, i + 1 < symbols.Length ? i + 1 : -1);
    }

    /// <summary>
    /// Merges linked symbols in place. The remaining ones are the first and those that follow it by
    /// <see cref="Symbol.Next"/>.
    /// </summary>
    public static void Merge<TRule>(Span<Symbol> symbols, TRule rule)
        where TRule : struct, IMergeRule, allows ref struct
    {
        var agenda = new PriorityQueue<Pair, Order>();
        for (var i = 0; i + 1 < symbols.Length; i++)
            Offer(symbols, ref rule, agenda, i, i + 1);
        while (agenda.TryDequeue(out var pair, out _))
        {
            ref var left = ref symbols[pair.Left];
            ref var right = ref symbols[pair.Right];
            if (left.Length == 0 || right.Length == 0 || left.Length + right.Length != pair.Length)
                continue;
            (left.Length, left.Id, left.Next) = (pair.Length, pair.Id, right.Next);
            right.Length = 0;
            if (left.Next >= 0)
                symbols[left.Next].Previous = pair.Left;
            Offer(symbols, ref rule, agenda, left.Previous, pair.Left);
            Offer(symbols, ref rule, agenda, pair.Left, left.Next);
        }
    }

    private static void Offer<TRule>(Span<Symbol> symbols, ref TRule rule, PriorityQueue<Pair, Order> agenda, int left, int right)
        where TRule : struct, IMergeRule, allows ref struct
    {
        if (left >= 0 && right >= 0 && rule.TryMerge(symbols[left], symbols[right], out var id, out var rank))
            agenda.Enqueue(new Pair(left, right, symbols[left].Length + symbols[right].Length, id), new Order(rank, left));
    }
}
