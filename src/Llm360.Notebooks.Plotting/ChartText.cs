// Text for Plotly: its pseudo-HTML is escaped, and long titles are wrapped.
namespace Llm360.Notebooks.Plotting;

/// <summary>Escapes text, wraps it, and makes file names.</summary>
internal static class ChartText
{
    /// <summary>
    /// Escapes tags, entities and <c>%{...}</c> in hover templates, which Plotly would interpret.
    /// </summary>
    public static string Escape(string text) => text
        .Replace("&", "&amp;", StringComparison.Ordinal)
        .Replace("<", "&lt;", StringComparison.Ordinal)
        .Replace(">", "&gt;", StringComparison.Ordinal)
        .Replace("%{", "%&#123;", StringComparison.Ordinal);

    /// <summary>
    /// Lines of at most <paramref name="width"/> characters, broken between words, not yet escaped.
    /// </summary>
    public static IReadOnlyList<string> Wrap(string text, int width)
    {
        var lines = new List<string>();
        var line = "";
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                lines.Add(line);
                line = "";
            }

            line = line.Length == 0 ? word : $"{line} {word}";
        }

        if (line.Length > 0)
            lines.Add(line);
        return lines;
    }

    /// <summary>A file name from the letters and digits of a title.</summary>
    public static string FileName(string title)
    {
        var letters = new string([.. title.ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) ? c : ' ')]);
        var words = letters.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var name = string.Join('-', words.Take(8));
        return name.Length == 0 ? "figure" : name;
    }
}
