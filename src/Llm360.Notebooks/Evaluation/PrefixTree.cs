// A tree of token sequences, arranged by their common prefixes.
namespace Llm360.Notebooks;

/// <summary>A sequence to compute.</summary>
/// <param name="Tokens">Token ids.</param>
/// <param name="First">
/// The first position whose hidden state is needed; all later ones are needed, too.
/// </param>
internal sealed record PrefixLeaf(int[] Tokens, int First)
{
    /// <summary>Number of positions that are needed.</summary>
    public int OutputCount => Tokens.Length - First;
}

/// <summary>A run of tokens that is computed once, for all sequences below it.</summary>
/// <param name="Start">Its first position.</param>
/// <param name="Tokens">The tokens.</param>
/// <param name="Children">The continuations; empty for a leaf.</param>
/// <param name="Leaf">The sequence that ends here; null for a node with children.</param>
internal sealed record PrefixNode(int Start, int[] Tokens, IReadOnlyList<PrefixNode> Children, PrefixLeaf? Leaf)
{
    /// <summary>Number of levels below it.</summary>
    public int Height { get; } = Children.Count == 0 ? 0 : 1 + Children.Max(c => c.Height);

    /// <summary>The position after its last token.</summary>
    public int End => Start + Tokens.Length;

    /// <summary>Number of tokens in it and below it.</summary>
    public long Work { get; } = Tokens.Length + Children.Sum(c => c.Work);
}

/// <summary>Builds trees of prefixes.</summary>
internal static class PrefixTree
{
    /// <summary>
    /// Smallest number of common tokens for a separate node, because copying keys and values also
    /// has a cost.
    /// </summary>
    private const int MinShared = 8;

    /// <summary>The roots of a set of sequences, longest first.</summary>
    /// <param name="leaves">All different.</param>
    /// <param name="share">
    /// Whether prefixes are shared; otherwise each sequence is a root.
    /// </param>
    public static IReadOnlyList<PrefixNode> Build(IReadOnlyList<PrefixLeaf> leaves, bool share)
    {
        PrefixLeaf[] sorted = [.. leaves];
        Array.Sort(sorted, (a, b) => a.Tokens.AsSpan().SequenceCompareTo(b.Tokens));
        // Tokens that neighbours share. Output positions belong to their own sequence.
        int[] common = [.. sorted.Skip(1).Select((leaf, i) => !share ? 0 : Math.Min(
            leaf.Tokens.AsSpan().CommonPrefixLength(sorted[i].Tokens), Math.Min(leaf.First, sorted[i].First)))];
        return [.. Nodes(0, sorted.Length, 0).OrderByDescending(n => n.Work)];

        List<PrefixNode> Nodes(int first, int end, int depth)
        {
            var nodes = new List<PrefixNode>();
            for (var from = first; from < end;)
            {
                var (until, shared) = (from + 1, int.MaxValue);
                for (; until < end && common[until - 1] >= depth + MinShared; until++)
                    shared = Math.Min(shared, common[until - 1]);
                nodes.Add(until == from + 1
                    ? new PrefixNode(depth, sorted[from].Tokens[depth..], [], sorted[from])
                    : new PrefixNode(depth, sorted[from].Tokens[depth..shared], Nodes(from, until, shared), null));
                from = until;
            }

            return nodes;
        }
    }
}
