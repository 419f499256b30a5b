// Figure: the unseen-chunk control of attribution methods.
namespace Llm360.Notebooks;

public static partial class Figures
{
    /// <summary>AUC of seen against unseen rows, one point for each method.</summary>
    /// <param name="model">For example <c>nano</c>.</param>
    /// <param name="query">Name of the question.</param>
    /// <param name="methods">Method and control, all at one checkpoint.</param>
    /// <exception cref="Llm360Exception">There is no method.</exception>
    public static Figure AttributionControl(string model, string query, IReadOnlyList<(string Method, UnseenControl Control)> methods)
    {
        RequireNotEmpty(methods, nameof(AttributionControl), "methods");
        var ordered = methods.OrderByDescending(m => m.Control.Auc).ToList();
        var (best, first) = (ordered[0], ordered[0].Control);
        var clear = ordered.Where(m => m.Control.Low > 0.5).Select(m => m.Method).ToList();
        var title = clear.Count == 0 ? "No method ranks rows that the checkpoint had read above those it had not"
            : $"{clear.Count} of {ordered.Count} methods rank rows that the checkpoint had read above those it had not";
        var finding = $"At {first.Checkpoint}, {best.Method} has the largest AUC: {Words(best.Control)}. "
            + $"Unseen rows among the first {first.TopCount}: "
            + string.Join(", ", ordered.Select(m => $"{m.Method} {FigureText.Percent(m.Control.TopUnseen)}"))
            + $"; chance is {FigureText.Percent(first.UnseenShare)}.";
        return Single(
            title,
            $"{model} at {first.Checkpoint}, {query}; {FigureText.Count(first.Seen)} seen and {FigureText.Count(first.Unseen)} "
                + $"unseen rows, "
            + $"{FigureText.Count(first.NearDuplicates)} near-duplicates left out; DeLong's 95% intervals",
            finding,
            new Panel("", new Axis("method"), new Axis("AUC, seen above unseen", Minimum: 0, Maximum: 1),
            [
                .. ordered.Select((m, i) => new Trace(m.Method, TraceKind.Bars, [i], [m.Control.Auc], Category: m.Method,
                    Role: IsBaseline(m.Method) ? TraceRole.Baseline : TraceRole.Measured, Low: [m.Control.Low], High: [m.Control.High],
                    Hover: [$"{m.Method}: {Words(m.Control)}"], XLabels: [m.Method])),
                new Trace("chance", TraceKind.Line, [.. ordered.Select((_, i) => (double)i)], [.. ordered.Select(_ => 0.5)],
                    TraceRole.Baseline,
                    XLabels: [.. ordered.Select(m => m.Method)]),
            ]));

        static string Words(UnseenControl c) =>
            $"AUC {FigureText.WithInterval(c.Auc, c.Low, c.High)}";
    }

    /// <summary>
    /// The control of all methods of a comparison for one question, at the checkpoint that most
    /// methods have. If several checkpoints tie, it uses the one with the most even split.
    /// </summary>
    /// <param name="comparison">The answers.</param>
    /// <param name="question">The question.</param>
    public static Figure AttributionControl(AttributionComparison comparison, AttributionQuestion question)
    {
        ArgumentNullException.ThrowIfNull(comparison);
        var answers = comparison[question];
        var at = answers.SelectMany(a => a.Controls).GroupBy(c => c.Checkpoint).OrderByDescending(g => g.Count())
            .ThenBy(g => Math.Abs(g.First().Seen - g.First().Unseen)).FirstOrDefault()?.Key;
        if (at is null)
        {
            return Single(
                "Every checkpoint has read every row: the control has nothing to compare",
                $"{answers[0].Suite.Name}, {question.Name}",
                "An index with a checkpoint from the middle of training would have unseen rows.",
                new Panel("", new Axis("method"), new Axis("AUC, seen above unseen"), []));
        }

        return AttributionControl(answers[0].Suite.Name, question.Name,
            [.. answers.SelectMany(a => a.Controls.Where(c => c.Checkpoint == at).Select(c => (a.Method, c)))]);
    }

    private static bool IsBaseline(string method) =>
        method is "bm25" or "random" or "row_length" or "row_loss" or "common_run" || method.StartsWith("ngram", StringComparison.Ordinal);
}
