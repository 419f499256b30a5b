// Scoring token sequences by teacher forcing.
using TorchSharp;
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>Scores sequences.</summary>
public static class Scoring
{
    /// <summary>Tokens of a batch on the CPU; more would not stay in its caches.</summary>
    private const int TokensAtOnce = 2048;

    /// <summary>
    /// Log-probability, rank, argmax and entropy at every position of every sequence.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="sequences">Token ids; lengths may differ, and none may be empty.</param>
    /// <param name="tokensAtOnce">
    /// Tokens of a batch; null chooses by the device and its free memory. If memory does not
    /// suffice, the batch is halved.
    /// </param>
    /// <param name="run">Progress, in sequences, and cancellation before every batch.</param>
    /// <returns>The scores in the order of the sequences.</returns>
    /// <exception cref="Llm360Exception">
    /// A sequence is empty, longer than the model's positions, or has a token outside the
    /// vocabulary.
    /// </exception>
    public static IReadOnlyList<SequenceScores> Score(
        this LanguageModel model, IReadOnlyList<int[]> sequences, int? tokensAtOnce = null, RunOptions? run = null)
    {
        var progress = run.Watcher();
        return [.. Scores(model, sequences, null, tokensAtOnce, Tell, run.StopToken()).Select(s => new SequenceScores(s))];

        void Tell(int done, string detail) => progress?.Report(new WorkProgress("score", done, sequences.Count, "sequences", detail));
    }

    /// <summary>
    /// The same from some position of each sequence on. Earlier positions do not go through the
    /// head.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="sequences">Token ids.</param>
    /// <param name="first">The first requested position of each sequence; null for all.</param>
    /// <param name="tokensAtOnce">As in <see cref="Score"/>.</param>
    /// <param name="tell">
    /// Called after each batch and when a batch is halved, with the number of finished sequences
    /// and a message.
    /// </param>
    /// <param name="cancellation">Checked before every batch.</param>
    internal static TokenScore[][] Scores(
        LanguageModel model,
        IReadOnlyList<int[]> sequences,
        int[]? first,
        int? tokensAtOnce,
        Action<int, string> tell,
        CancellationToken cancellation)
    {
        model.CheckTokens(sequences);
        first ??= new int[sequences.Count];
        var results = new TokenScore[sequences.Count][];
        // Sequences of similar length are batched together to minimise padding.
        var order = sequences.Index().OrderBy(s => s.Item.Length).Select(s => s.Index).ToList();
        var limit = tokensAtOnce ?? (model.Device.type == DeviceType.CPU ? TokensAtOnce : DeviceMemory.TokensAtOnce(model));
        for (var done = 0; done < order.Count;)
        {
            cancellation.ThrowIfCancellationRequested();
            var batch = Batch(order, done, sequences, limit, equalLengths: model.Config.HasDynamicAngles);
            try
            {
                var scored = ScoreBatch(model, [.. batch.Select(i => sequences[i])], [.. batch.Select(i => first[i])]);
                foreach (var (index, scores) in batch.Zip(scored))
                    results[index] = scores;
            }
            catch (Exception e) when (DeviceMemory.IsExhausted(e) && batch.Count > 1)
            {
                limit = Math.Max(1, batch.Count / 2) * sequences[batch[^1]].Length;
                tell(done, $"memory does not suffice for {batch.Count} sequences at once: going on with {batch.Count / 2}");
                continue;
            }

            done += batch.Count;
            tell(done, $"{batch.Count} at once");
        }

        return results;
    }

    private static List<int> Batch(List<int> order, int first, IReadOnlyList<int[]> sequences, int limit, bool equalLengths)
    {
        var batch = new List<int> { order[first] };
        for (var i = first + 1; i < order.Count && Fits(sequences[order[i]].Length); i++)
            batch.Add(order[i]);
        return batch;

        bool Fits(int length) =>
            (batch.Count + 1L) * length <= limit && !(equalLengths && length != sequences[batch[0]].Length);
    }

    // Padding follows a row, where no token of the row attends to it.
    private static IEnumerable<TokenScore[]> ScoreBatch(LanguageModel model, int[][] rows, int[] first)
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        var time = rows.Max(r => r.Length);
        // Copies to a device come before the pass; a later copy would wait for the pass.
        var targets = new TargetTokens([.. rows.SelectMany((r, i) => r.Skip(1).Append(-1).Skip(first[i]))], model.Device);
        var offsets = rows.SelectMany((r, i) => Enumerable.Range((i * time) + first[i], r.Length - first[i])).Select(p => (long)p);
        var kept = targets.Ids.Length < rows.Length * time ? tensor(offsets.ToArray(), device: model.Device) : null;
        var hidden = model.ForwardChecked(TokenRows.PadRight(rows, time, model.Device)); // [batch, time, hidden]
        var flat = hidden.view(-1, hidden.shape[2]);
        var scores = HeadReduction.Scores(model, kept is null ? flat : flat.index_select(0, kept), targets);
        var at = 0;
        return [.. rows.Select((r, i) => scores[at..(at += r.Length - first[i])])];
    }
}
