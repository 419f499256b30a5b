// Converts DuckDB's errors to errors of the kit.
using System.Globalization;
using System.Text;

namespace Llm360.Notebooks;

/// <summary>Translates DuckDB's message about a query.</summary>
internal static class QueryError
{
    private const int LongestText = 60;

    /// <summary>A query on one line, for messages.</summary>
    public static string Short(string sql)
    {
        var text = string.Join(' ', sql.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return text.Length <= LongestText ? text : text[..LongestText] + "…";
    }

    /// <summary>The error, with the position of DuckDB's caret.</summary>
    /// <param name="message">
    /// DuckDB's message: text, then <c>LINE 2: select ...</c> and a line with a caret.
    /// </param>
    /// <param name="sql">The query.</param>
    /// <param name="linesBefore">Lines of the statement before the query's first.</param>
    /// <param name="views">The views that can be selected from.</param>
    /// <param name="inner">The cause.</param>
    public static Llm360Exception Of(string message, string sql, int linesBefore, string views, Exception inner)
    {
        var lines = message.ReplaceLineEndings("\n").Split('\n');
        var at = Array.FindLastIndex(lines, l => l.StartsWith("LINE ", StringComparison.Ordinal));
        var what = string.Join(' ', (at < 0 ? lines : lines[..at]).Select(l => l.Trim()).Where(l => l.Length > 0));
        var remedy = what.StartsWith("Out of Memory", StringComparison.Ordinal) ? "Aggregate in the query, or select fewer rows."
            : what.StartsWith("IO Error", StringComparison.Ordinal) ? "Check the disk and the folder for temporary files."
            : $"Correct the query. {views}";
        return new Llm360Exception(what, Place(lines, at, linesBefore) ?? $"query: {Short(sql)}", remedy, inner);
    }

    /// <summary>An error of the parser.</summary>
    /// <param name="message">DuckDB's message.</param>
    /// <param name="position">The position, in bytes of UTF-8.</param>
    /// <param name="sql">The query.</param>
    /// <param name="views">The views that can be selected from.</param>
    public static Llm360Exception OfParser(string message, int position, string sql, string views)
    {
        var bytes = Encoding.UTF8.GetBytes(sql);
        var at = Encoding.UTF8.GetCharCount(bytes, 0, Math.Min(position, bytes.Length));
        var line = sql[..at].Count(c => c == '\n') + 1;
        var text = sql[at..].Split('\n')[0].Trim() is { Length: > 0 } rest ? Short(rest) : "its end";
        return new Llm360Exception(
            $"Parser Error: {message}",
            string.Create(CultureInfo.InvariantCulture, $"query, line {line}, at: {text}"),
            $"Correct the query. {views}");
    }

    private static string? Place(string[] lines, int at, int linesBefore)
    {
        if (at < 0 || at + 1 >= lines.Length || lines[at + 1].IndexOf('^', StringComparison.Ordinal) is not (>= 0 and var caret))
            return null;
        var colon = lines[at].IndexOf(':', StringComparison.Ordinal);
        if (!int.TryParse(lines[at].AsSpan("LINE ".Length, colon - "LINE ".Length), out var line))
            return null;
        var text = caret < lines[at].Length ? lines[at][caret..].Trim() : "its end";
        return string.Create(CultureInfo.InvariantCulture, $"query, line {Math.Max(line - linesBefore, 1)}, at: {text}");
    }
}
