// Table: the first rows of several methods side by side.
using System.Globalization;

namespace Llm360.Notebooks;

public static partial class Tables
{
    private const int ExcerptLength = 56;

    /// <summary>The first rows of every method for one question, side by side.</summary>
    /// <param name="comparison">The answers.</param>
    /// <param name="question">The question.</param>
    /// <param name="count">Rows to show.</param>
    public static Table Attribution(AttributionComparison comparison, AttributionQuestion question, int count = 5)
    {
        ArgumentNullException.ThrowIfNull(comparison);
        var answers = comparison[question];
        var tops = answers.Select(a => a.Top(count)).ToList();
        return new Table(
            $"Training rows that each method ranks first for {question.Name}: \"{FigureText.Shortened(answers[0].QueryText, 60)}\"; "
                + $"of {FigureText.Count(answers[0].Rows.Count)} rows. "
                + "[[ ]] marks words of the query; * marks rows that the last checkpoint has not read.",
            [new("rank", ColumnAlignment.Right), .. answers.Select(a => new TableColumn($"{a.Method}, {a.Unit}"))],
            [.. Enumerable.Range(0, tops[0].Count).Select(i => (IReadOnlyList<string>)
            [
                (i + 1).ToString(CultureInfo.InvariantCulture), .. tops.Select((top, m) => Cell(answers[m], top, i)),
            ])]);

        static string Cell(AttributionResult answer, AttributionTop top, int place)
        {
            var (score, row) = (top[place], top.Rows[place]);
            var text = new RowText(row, answer.Query, answer.Index.Tokenizer).ToString();
            var at = Math.Max(0, text.IndexOf("[[", StringComparison.Ordinal));
            var excerpt = FigureText.Shortened(text[at..], ExcerptLength);
            var mark = score.Seen ? "" : "*";
            return string.Create(CultureInfo.InvariantCulture,
                $"{score.Score:G3} {score.Canary ?? score.Source} {score.Chunk}/{score.Row}{mark}: {excerpt}");
        }
    }
}
