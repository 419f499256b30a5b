// Byte-pair merging with a heap: the core of both encoders, which differ only in what may merge and in which order.
namespace Llm360.Notebooks;

/// <summary>A stretch of a text under merging; one that was merged into its left neighbour has length 0.</summary>
internal struct Symbol
{
    /// <summary>Where it begins, in the units of the text.</summary>
    public int Start;

    /// <summary>How far it goes.</summary>
    public int Length;

    /// <summary>Its token; -1 if it has none.</summary>
    public int Id;

    /// <summary>Index of the left neighbour; -1 for none.</summary>
    public int Previous;

    /// <summary>Index of the right neighbour; -1 for none.</summary>
    public int Next;
}

/// <summary>Says which neighbours merge, and which first.</summary>
internal interface IMergeRule
{
    /// <summary>Whether two neighbours form a token.</summary>
    /// <param name="left">The left one.</param>
    /// <param name="right">The right one.</param>
    /// <param name="id">The token they form.</param>
    /// <param name="rank">Its place in the order: lower merges first.</param>
    bool TryMerge(in Symbol left, in Symbol right, out int id, out double rank);
}

/// <summary>Merges neighbours, lowest rank first, leftmost first among equals, until no two form a token: n log n in the length of the text.</summary>
internal static class PairMerger
{
    /// <summary>A pair that formed a token when it was found; stale once either side has changed, which its length tells.</summary>
    private readonly record struct Pair(int Left, int Right, int Length, int Id);

    /// <summary>Heap order: lower rank first, then further left.</summary>
    private readonly record struct Order(double Rank, int Left) : IComparable<Order>
    {
        public int CompareTo(Order other) => Rank != other.Rank ? Rank.CompareTo(other.Rank) : Left.CompareTo(other.Left);
    }

    /// <summary>Makes every symbol the neighbour of the next.</summary>
    public static void Link(Span<Symbol> symbols)
    {
        for (var i = 0; i < symbols.Length; i++)
            (symbols[i].Previous, symbols[i].Next) = (i - 1, i + 1 < symbols.Length ? i + 1 : -1);
    }

    /// <summary>Merges linked symbols in place; those that remain are the first and what follows it by <see cref="Symbol.Next"/>.</summary>
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
