// One sweep over a tree of prefixes, level by level; each shared prefix is computed once.
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>Computes a tree of prefixes and scores the requests that end in it.</summary>
internal sealed class PrefixSweep
{
    private readonly LanguageModel model;
    private readonly IReadOnlyList<TokenRequest> requests;
    private readonly IReadOnlyDictionary<PrefixLeaf, List<int>> byLeaf;
    private readonly ContinuationScore?[] scores;
    private readonly RowDecoder decoder;
    private readonly Stack<int> free;
    private readonly CancellationToken cancellation;

    private PrefixSweep(
        LanguageModel model,
        IReadOnlyList<TokenRequest> requests,
        IReadOnlyDictionary<PrefixLeaf, List<int>> byLeaf,
        ContinuationScore?[] scores,
        RowDecoder decoder,
        int slots,
        CancellationToken cancellation)
    {
        (this.model, this.requests, this.byLeaf, this.scores) = (model, requests, byLeaf, scores);
        (this.decoder, this.cancellation) = (decoder, cancellation);
        free = new Stack<int>(Enumerable.Range(0, slots).Reverse());
    }

    /// <summary>Returns where a request comes from, for errors.</summary>
    public required Func<int, string> Places { get; init; }

    /// <summary>Called after each pass that scored requests.</summary>
    public required Action? Tell { get; init; }

    /// <summary>Scores the requests of some sequences.</summary>
    /// <param name="model">The model.</param>
    /// <param name="requests">All requests.</param>
    /// <param name="byLeaf">The requests of each sequence.</param>
    /// <param name="scores">Receives the scores, by request.</param>
    /// <param name="leaves">The sequences.</param>
    /// <param name="options">How requests are scored.</param>
    /// <param name="places">Returns where each request comes from.</param>
    /// <param name="progress">Called with the number of requests done.</param>
    /// <param name="cancellation">Checked before every pass.</param>
    public static void Run(
        LanguageModel model,
        IReadOnlyList<TokenRequest> requests,
        IReadOnlyDictionary<PrefixLeaf, List<int>> byLeaf,
        ContinuationScore?[] scores,
        List<PrefixLeaf> leaves,
        ScoringOptions options,
        Func<int, string> places,
        Action<int, int>? progress,
        CancellationToken cancellation)
    {
        var capacity = leaves.Max(l => l.Tokens.Length);
        // If keys are not kept, a prefix saves nothing.
        var keepsKeys = !model.Config.HasDynamicAngles || capacity <= model.Config.MaximumLength;
        var roots = PrefixTree.Build(leaves, options.SharePrefixes && keepsKeys);
        // A grid divides cells among threads, so one cell alone would use a single processor.
        var groups = Divided(roots, ItemWorkers.CountFor(model));
        if (groups.Count == 1)
            Sweep(roots);
        else
            ItemWorkers.RunAsync(groups, groups.Count, Sweep).GetAwaiter().GetResult();

        void Sweep(IReadOnlyList<PrefixNode> some)
        {
            using var inference = inference_mode();
            using var invariance = RowInvariance.Enter();
            var rows = Math.Max(1, options.RowsAtOnce / groups.Count);
            var slots = Math.Max(DeviceMemory.Rows(model, capacity, leaves.Count, rows), some.Max(r => r.Height) + 1);
            using var decoder = new RowDecoder(model, slots, capacity);
            new PrefixSweep(model, requests, byLeaf, scores, decoder, slots, cancellation)
            {
                Places = places,
                Tell = progress is null ? null : () => progress(scores.Count(s => s is not null), requests.Count),
            }.Compute([.. some.Select(r => (r, -1))]);
        }
    }

    // At most so many groups of about equal work. The roots are in the order of their work.
    private static List<List<PrefixNode>> Divided(IReadOnlyList<PrefixNode> roots, int count)
    {
        var groups = Enumerable.Range(0, Math.Min(count, roots.Count)).Select(_ => new List<PrefixNode>()).ToList();
        var work = new long[groups.Count];
        foreach (var root in roots)
        {
            var least = Array.IndexOf(work, work.Min());
            groups[least].Add(root);
            work[least] += root.Work;
        }

        return groups;
    }

    // Nodes with the slots that hold their prefixes.
    private void Compute(IReadOnlyList<(PrefixNode Node, int Before)> nodes)
    {
        for (var at = 0; at < nodes.Count;)
        {
            // Each level below needs at least one slot.
            var height = nodes.Skip(at).Max(n => n.Node.Height);
            var batch = nodes.Skip(at).Take(Math.Max(1, free.Count / (height + 1))).ToList();
            at += batch.Count;
            var slots = batch.Select(b => (b.Node, b.Before, Slot: free.Pop())).OrderBy(b => b.Node.Tokens.Length).ToList();
            Pass(slots);
            Compute([.. slots.SelectMany(s => s.Node.Children.Select(c => (c, s.Slot)))]);
            foreach (var (_, _, slot) in slots)
            {
                decoder.TakeBack(slot, 0);
                free.Push(slot);
            }
        }
    }

    private void Pass(List<(PrefixNode Node, int Before, int Slot)> slots)
    {
        using var scope = NewDisposeScope();
        foreach (var (node, before, slot) in slots)
        {
            if (node.Start > 0)
                decoder.Copy(before, slot, node.Start);
        }

        var wanted = Wanted(slots);
        var targets = new TargetTokens([.. wanted.SelectMany(w => requests[w.Request].Continuation)], model.Device);
        // A node with children is computed for its keys and values; at least one output position
        // must be requested.
        var hidden = decoder.Compute([.. slots.Select(s => new Segment(s.Slot, s.Node.Tokens, s.Node.Leaf?.OutputCount ?? 1))],
            cancellation);
        if (wanted.Count == 0)
            return;
        long[] places = [.. wanted.SelectMany(w => Enumerable.Range(w.Offset, requests[w.Request].Continuation.Length))
            .Select(p => (long)p)];
        var isAll = places.Length == hidden.shape[0] && places.Index().All(p => p.Index == p.Item);
        var results = HeadReduction.Scores(model, isAll ? hidden : hidden.index_select(0, tensor(places, device: model.Device)), targets);
        Keep(wanted, results);
    }

    // The requests of the leaves, with the offsets of their hidden states in the pass.
    private List<(int Request, int Offset)> Wanted(List<(PrefixNode Node, int Before, int Slot)> slots)
    {
        var (wanted, offset) = (new List<(int, int)>(), 0);
        foreach (var (node, _, _) in slots)
        {
            if (node.Leaf is { } leaf)
                wanted.AddRange(byLeaf[leaf].Select(request => (request, offset)));
            offset += node.Leaf?.OutputCount ?? 1;
        }

        return wanted;
    }

    private void Keep(List<(int Request, int Offset)> wanted, TokenScore[] results)
    {
        var at = 0;
        foreach (var (request, _) in wanted)
        {
            var continuation = requests[request].Continuation;
            var its = results.AsSpan(at, continuation.Length);
            at += continuation.Length;
            var (sum, greedy) = (0.0, true);
            for (var i = 0; i < its.Length; i++)
            {
                sum += its[i].LogProbability;
                greedy &= its[i].Argmax == continuation[i];
            }

            scores[request] = double.IsFinite(sum) ? new ContinuationScore(sum, greedy) : throw HeadReduction.NotNumbers(Places(request));
        }

        Tell?.Invoke();
    }
}
