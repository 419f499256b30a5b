// Log-likelihoods of continuations: shared beginnings computed once, only needed positions through the head.
using TorchSharp;
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>The score of one continuation.</summary>
/// <param name="LogLikelihood">Sum of the log-probabilities of its tokens, nats.</param>
/// <param name="IsGreedy">Whether each of its tokens is the most probable one.</param>
internal readonly record struct ContinuationScore(double LogLikelihood, bool IsGreedy);

/// <summary>How requests are scored. The numbers on a CPU are the same for all of these.</summary>
/// <param name="RowsAtOnce">Sequences at once, memory permitting.</param>
/// <param name="SharePrefixes">Whether common beginnings are computed once.</param>
internal sealed record ScoringOptions(int RowsAtOnce = 64, bool SharePrefixes = true);

/// <summary>Scores requests.</summary>
/// <remarks>
/// On a CPU a request has the same bits alone, in any batch, behind a shared prefix and with any
/// number of threads: <see cref="RowInvariance"/>.
/// </remarks>
internal static class RequestScoring
{
    /// <summary>Scores of all requests, in order.</summary>
    /// <param name="model">The model.</param>
    /// <param name="requests">The requests; equal ones are scored once.</param>
    /// <param name="options">How.</param>
    /// <param name="places">Where each request comes from, for errors.</param>
    /// <param name="progress">Told how many sequences are done; null for nobody.</param>
    /// <param name="cancellation">Looked at before every pass.</param>
    /// <exception cref="Llm360Exception">
    /// A continuation is longer than the model's positions, a token is not in the vocabulary, or
    /// logits are not numbers.
    /// </exception>
    public static ContinuationScore[] Score(
        LanguageModel model, IReadOnlyList<TokenRequest> requests, ScoringOptions options, Func<int, string> places, Action<int, int>? progress, CancellationToken cancellation)
    {
        var leaves = new Dictionary<string, (PrefixLeaf Leaf, List<int> Requests)>();
        foreach (var (i, request) in requests.Index())
        {
            Check(model, request, places, i);
            var leaf = new PrefixLeaf(request.Input(model.Config.MaximumLength), 0);
            leaf = leaf with { First = leaf.Tokens.Length - request.Continuation.Length };
            var key = $"{leaf.First} {string.Join(' ', leaf.Tokens)}";
            if (!leaves.TryGetValue(key, out var found))
                leaves[key] = found = (leaf, []);
            found.Requests.Add(i);
        }

        var scores = new ContinuationScore?[requests.Count];
        var byLeaf = leaves.Values.ToDictionary(l => l.Leaf, l => l.Requests);
        var rows = options.RowsAtOnce;
        while (byLeaf.Keys.Where(l => scores[byLeaf[l][0]] is null).ToList() is { Count: > 0 } left)
        {
            try
            {
                using var invariance = RowInvariance.Enter();
                new Run(model, requests, byLeaf, scores, places, progress, cancellation).All(left, rows, options.SharePrefixes);
            }
            catch (Exception e) when (DeviceMemory.IsExhausted(e) && rows > 1)
            {
                rows = Math.Max(1, Math.Min(rows, left.Count) / 2);
            }
        }

        return [.. scores.Select(s => s!.Value)];
    }

    private static void Check(LanguageModel model, TokenRequest request, Func<int, string> places, int i)
    {
        if (request.Continuation.Length > model.Config.MaximumLength)
        {
            throw new Llm360Exception(
                $"A continuation of {request.Continuation.Length} tokens is longer than the model's {model.Config.MaximumLength} positions.",
                places(i), "Leave the item out, or use a model with more positions.");
        }

        TokenRows.CheckVocabulary(model.Config, request.Context, places(i));
        TokenRows.CheckVocabulary(model.Config, request.Continuation, places(i));
    }

    /// <summary>One sweep over a tree of prefixes.</summary>
    private sealed class Run(
        LanguageModel model,
        IReadOnlyList<TokenRequest> requests,
        IReadOnlyDictionary<PrefixLeaf, List<int>> byLeaf,
        ContinuationScore?[] scores,
        Func<int, string> places,
        Action<int, int>? progress,
        CancellationToken cancellation)
    {
        private readonly Stack<int> free = new();
        private RowDecoder decoder = null!;
        private int done;

        public void All(IReadOnlyList<PrefixLeaf> leaves, int rows, bool share)
        {
            using var inference = inference_mode();
            // Without kept keys a prefix saves nothing.
            var capacity = leaves.Max(l => l.Tokens.Length);
            var roots = PrefixTree.Build(leaves, share && !(model.Config.HasDynamicAngles && capacity > model.Config.MaximumLength));
            var slots = Math.Max(DeviceMemory.Rows(model, capacity, leaves.Count, rows), roots.Max(r => r.Height) + 1);
            using (decoder = new RowDecoder(model, slots, capacity))
            {
                for (var slot = slots - 1; slot >= 0; slot--)
                    free.Push(slot);
                Compute([.. roots.Select(r => (r, -1))]);
            }
        }

        // Nodes with the slots that hold what stands before them.
        private void Compute(IReadOnlyList<(PrefixNode Node, int Before)> nodes)
        {
            for (var at = 0; at < nodes.Count;)
            {
                // Each level below needs a slot at least.
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
            // A node with children is computed for its keys and values; one position is the least that can be asked for.
            var hidden = decoder.Compute([.. slots.Select(s => new Segment(s.Slot, s.Node.Tokens, s.Node.Leaf?.OutputCount ?? 1))], cancellation);
            if (wanted.Count == 0)
                return;
            long[] places = [.. wanted.SelectMany(w => Enumerable.Range(w.Offset, requests[w.Request].Continuation.Length)).Select(p => (long)p)];
            var isAll = places.Length == hidden.shape[0] && places.Index().All(p => p.Index == p.Item);
            var results = HeadReduction.Scores(model, isAll ? hidden : hidden.index_select(0, tensor(places, device: model.Device)), targets);
            Keep(wanted, results);
        }

        // The requests of the leaves, with the places of their hidden states among those of the pass.
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

                scores[request] = double.IsFinite(sum) ? new ContinuationScore(sum, greedy) : throw HeadReduction.NotNumbers(places(request));
                done++;
            }

            progress?.Invoke(done, requests.Count);
        }
    }
}
