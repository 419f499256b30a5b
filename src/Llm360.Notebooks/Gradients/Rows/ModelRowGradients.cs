// Gradients of single rows of any model.
namespace Llm360.Notebooks;

/// <summary>Gradients of the losses of single rows, for every model family.</summary>
public static class ModelRowGradients
{
    /// <summary>
    /// The gradient of each row's loss, one row at a time. A row's result does not depend on the
    /// other rows.
    /// </summary>
    /// <param name="model">
    /// The model. Its weights are read when the enumeration starts.
    /// </param>
    /// <param name="rows">
    /// Token ids; every token but the first is predicted from those before it.
    /// </param>
    /// <param name="form">Full gradients, their factors, or projections.</param>
    /// <param name="options">
    /// Loss and projection; null for the sum of losses and the default projection.
    /// </param>
    /// <param name="run">Progress, in rows, and cancellation before every row.</param>
    /// <returns>
    /// One result per row, in order, computed during the enumeration. Dispose each result when it
    /// is no longer needed. A full gradient takes as much memory as the weights in float32.
    /// </returns>
    /// <remarks>
    /// All computations are in float32, regardless of the type of the weights. Give all rows of a
    /// checkpoint in one call, because each call prepares the weights once. On the CPU, LLaMA
    /// without biases uses a hand-written pass. It computes as many rows at once as there are
    /// threads, if their results fit in 2 GB, and gives the same bits for any number of threads.
    /// All other models use LibTorch's automatic differentiation.
    /// </remarks>
    /// <exception cref="Llm360Exception">
    /// A row has fewer than two tokens, more than one token beyond the model's positions, or a
    /// token outside the vocabulary. In these cases nothing is computed. During the enumeration: a
    /// gradient is not finite.
    /// </exception>
    public static IEnumerable<RowGradient> RowGradients(
        this LanguageModel model,
        IReadOnlyList<int[]> rows,
        GradientForm form = GradientForm.Full,
        GradientOptions? options = null,
        RunOptions? run = null)
    {
        CheckRows(model, rows);
        return Enumerate(model, rows, form, options ?? new GradientOptions(), run);
    }

    /// <summary>Checks that rows have gradients.</summary>
    /// <exception cref="Llm360Exception">A row has none.</exception>
    internal static void CheckRows(LanguageModel model, IReadOnlyList<int[]> rows)
    {
        var positions = model.Config.LongestSequence;
        foreach (var (i, row) in rows.Index())
        {
            if (row.Length < 2)
            {
                throw row.Length == 0
                    ? new Llm360Exception("The sequence is empty.", $"row {i}", "Give at least two tokens.")
                    : new Llm360Exception(
                        "A row of one token predicts nothing, so it has no gradient.", $"row {i}", "Give at least two tokens.");
            }

            // The last token is predicted and not read, so a row may have one token more than
            // positions.
            if (row.Length - 1L > positions)
            {
                throw new Llm360Exception(
                    $"A sequence of {row.Length} tokens is longer than the model's {positions} positions.", $"row {i}",
                    "Give a shorter sequence.");
            }
        }

        TokenRows.CheckVocabulary(model.Config, rows);
    }

    private static IEnumerable<RowGradient> Enumerate(
        LanguageModel model, IReadOnlyList<int[]> rows, GradientForm form, GradientOptions options, RunOptions? run)
    {
        var (progress, stop) = (run.Watcher(), run.StopToken());
        stop.ThrowIfCancellationRequested();
        using var engine = RowGradientEngine.For(model, options);
        foreach (var gradient in engine.Compute(rows, form))
        {
            progress?.Report(new WorkProgress("gradients", gradient.Row + 1, rows.Count, "rows"));
            yield return gradient;
            stop.ThrowIfCancellationRequested();
        }
    }
}
