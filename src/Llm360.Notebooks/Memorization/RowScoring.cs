// Scores rows in one ragged batch that is refilled as rows finish.
using TorchSharp;
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>
/// Finds greedy continuations, exactly those of free-running decoding, and token scores on the way.
/// </summary>
internal static class RowScoring
{
    /// <summary>
    /// Rows in the batch, memory permitting. Products need so many for their full rate. With fewer
    /// rows, keys and values are more often still in a cache.
    /// </summary>
    private const int Slots = 256, UnpackedSlots = 128;

    /// <summary>
    /// New rows that are scored at every position in one pass. Their hidden states are all kept
    /// until the head is applied.
    /// </summary>
    private const int NewScoredRows = 32;

    /// <summary>Computes rows until all are done.</summary>
    /// <param name="model">The model.</param>
    /// <param name="rows">Fresh rows, all of the same lengths.</param>
    /// <param name="task">What the rows were made for.</param>
    /// <param name="promptLength">k.</param>
    /// <param name="topK">Also log-probabilities among so many; null for none.</param>
    /// <param name="cancellation">Looked at before every pass.</param>
    public static void Run(
        LanguageModel model, IReadOnlyList<ScoredRow> rows, RowTask task, int promptLength, int? topK, CancellationToken cancellation)
    {
        if (rows.Count == 0)
            return;
        var isUnpacked = model.Device.type == DeviceType.CPU && UnpackedProducts.MaxRows(model.Type) >= UnpackedSlots;
        var slots = DeviceMemory.Rows(model, rows[0].Tokens.Length, rows.Count, isUnpacked ? UnpackedSlots : Slots);
        for (IReadOnlyList<ScoredRow> left = rows; left.Count > 0; left = [.. rows.Where(r => !r.IsDone)])
        {
            try
            {
                RunAll(model, left, slots, task, promptLength, topK, cancellation);
            }
            catch (Exception e) when (DeviceMemory.IsExhausted(e) && slots > 1)
            {
                slots /= 2;
                foreach (var row in rows.Where(r => !r.IsDone))
                    row.Restart();
                var detail = $"memory does not suffice for {2 * slots} sequences at once: going on with {slots}";
                var done = rows.Count(r => r.IsDone);
                AmbientWork.Progress?.Report(new WorkProgress("memorization", done, rows.Count, "sequences", detail));
            }
        }
    }

    private static void RunAll(
        LanguageModel model,
        IReadOnlyList<ScoredRow> rows,
        int slots,
        RowTask task,
        int promptLength,
        int? topK,
        CancellationToken cancellation)
    {
        using var inference = inference_mode();
        using var decoder = new RowDecoder(model, slots, rows[0].Tokens.Length);
        var free = new Stack<int>(Enumerable.Range(0, slots));
        var waiting = new Queue<ScoredRow>(rows);
        var active = new List<(ScoredRow Row, int Slot)>();
        var mostNew = task == RowTask.TokenScores ? Math.Min(NewScoredRows, slots) : slots;
        while (waiting.Count > 0 || active.Count > 0)
        {
            // Active rows come first, by the size of their segments; new rows follow.
            var round = active.Select(a => (a.Row, Segment: a.Row.Next(a.Slot), IsNew: false))
                .OrderBy(a => a.Segment.Tokens.Length).ToList();
            for (var added = 0; free.Count > 0 && waiting.Count > 0 && added < mostNew; added++)
            {
                var row = waiting.Dequeue();
                round.Add((row, row.First(free.Pop()), true));
            }

            using var scope = NewDisposeScope();
            var scored = task == RowTask.TokenScores ? round.Where(r => r.IsNew).Select(r => r.Row).ToList() : [];
            var targets = new TargetTokens([.. scored.SelectMany(r => r.Tokens.Skip(1))], model.Device);
            var hidden = decoder.Compute([.. round.Select(r => r.Segment)], cancellation); // [task, hidden]
            var chosen = scored.Count > 0
                ? Scored(model, scored, targets, hidden, promptLength, topK)
                : HeadReduction.Argmax(model, hidden);
            active.Clear();
            var at = 0;
            foreach (var (row, segment, isNew) in round)
            {
                // The first segment of a row begins before the continuation: only the answers after
                // the prompt count.
                var answers = chosen.AsSpan(at, segment.OutputCount);
                if (answers.Contains(-1))
                    throw HeadReduction.NotNumbers($"row {row.Index}");
                var keep = row.Accept(isNew ? answers[^Math.Min(segment.OutputCount, row.Greedy.Length)..] : answers);
                at += segment.OutputCount;
                decoder.TakeBack(segment.Slot, row.IsDone ? 0 : keep);
                if (row.IsDone)
                    free.Push(segment.Slot);
                else
                    active.Add((row, segment.Slot));
            }
        }
    }

    // New rows come after active rows. New rows get scores at every position, active rows only
    // their most probable token.
    private static int[] Scored(
        LanguageModel model, List<ScoredRow> added, TargetTokens targets, Tensor hidden, int promptLength, int? topK)
    {
        var before = (int)hidden.shape[0] - targets.Ids.Length;
        int[] chosen = before > 0 ? HeadReduction.Argmax(model, hidden.narrow(0, 0, before)) : [];
        var fresh = hidden.narrow(0, before, targets.Ids.Length);
        var scores = HeadReduction.Scores(model, fresh, targets);
        int width = added[0].Tokens.Length - 1, length = added[0].Greedy.Length;
        foreach (var (row, its) in added.Zip(scores.Chunk(width)))
            row.Scores = !its.Any(s => float.IsNaN(s.LogProbability)) ? its : throw HeadReduction.NotNumbers($"row {row.Index}");
        if (topK is { } k)
        {
            var continuations = fresh.view(added.Count, width, -1).narrow(1, promptLength - 1, length).reshape(added.Count * length, -1);
            var trueTokens = new TargetTokens([.. added.SelectMany(r => r.Tokens[promptLength..])], model.Device);
            var logs = HeadReduction.TopKLogProbabilities(model, continuations, trueTokens, k);
            foreach (var (row, its) in added.Zip(logs.Chunk(length)))
                row.TopKLogs = its;
        }

        return [.. chosen, .. scores.Select(s => s.Argmax)];
    }
}
