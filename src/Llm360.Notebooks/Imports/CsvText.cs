// Comma-separated text with quotes (RFC 4180).
using System.Text;

namespace Llm360.Notebooks;

/// <summary>Splits CSV into cells.</summary>
internal static class CsvText
{
    /// <summary>The records of a text; empty lines are left out.</summary>
    /// <param name="text">The whole text.</param>
    /// <param name="where">The file, for errors.</param>
    /// <returns>The line on which each record begins, counted from 1, and its cells.</returns>
    /// <exception cref="Llm360Exception">A quote is not closed, or text follows a closing
    /// quote.</exception>
    public static IEnumerable<(int Line, List<string> Cells)> Read(string text, string where)
    {
        var (line, at) = (1, 0);
        while (at < text.Length)
        {
            var (first, cells, isEnd) = (line, new List<string>(), false);
            while (!isEnd)
            {
                cells.Add(at < text.Length && text[at] == '"' ? Quoted() : Plain());
                isEnd = at >= text.Length || text[at] != ',';
                if (!isEnd)
                    at++;
            }

            if (at < text.Length && text[at] == '\r')
                at++;
            if (at < text.Length && text[at] != '\n')
                throw Bad("text follows a closing quote", line);
            (at, line) = (at + 1, line + 1);
            if (cells is not [""])
                yield return (first, cells);
        }

        string Plain()
        {
            var start = at;
            while (at < text.Length && text[at] is not (',' or '\n' or '\r'))
                at++;
            return text[start..at];
        }

        string Quoted()
        {
            var (cell, opened) = (new StringBuilder(), line);
            for (at++; at < text.Length; at++)
            {
                if (text[at] == '"' && (at + 1 == text.Length || text[at + 1] != '"'))
                {
                    at++;
                    return cell.ToString();
                }

                if (text[at] == '"')
                    at++;
                if (text[at] == '\n')
                    line++;
                cell.Append(text[at]);
            }

            throw Bad("a quote is not closed", opened);
        }

        Llm360Exception Bad(string how, int number) =>
            new($"The CSV cannot be read: {how}.", FormattableString.Invariant($"{where}, line {number}"), "Export the file again.");
    }
}
