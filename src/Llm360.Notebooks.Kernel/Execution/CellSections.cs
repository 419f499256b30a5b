// The sections of a cell: C#, text of a language that is only shown, and commands such as #!who.
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Llm360.Notebooks.Kernel.Execution;

/// <summary>The kind of a section of a cell.</summary>
internal enum SectionKind
{
    CSharp,
    Markdown,
    Html,
    JavaScript,
    Mermaid,
    Command,
}

/// <summary>One section of a cell.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Text">Its text without the line that begins it. C# has blank lines before it, so
/// that its lines have their numbers in the cell.</param>
/// <param name="Line">The line that begins it, from 0.</param>
/// <param name="Command">The first word of that line, such as <c>#!who</c>; empty for none.</param>
/// <param name="Arguments">The text after that word.</param>
internal sealed record CellSection(SectionKind Kind, string Text, int Line, string Command = "", string Arguments = "");

/// <summary>Splits cells as .NET Interactive does: a line with <c>#!name</c> begins a
/// section.</summary>
internal static class CellSections
{
    private const string Mark = "#!";

    /// <summary>The sections in order. Blank sections are left out.</summary>
    /// <param name="code">The cell.</param>
    /// <param name="language">The language of its beginning, as in <c>#!name</c>; null for
    /// C#.</param>
    public static IReadOnlyList<CellSection> Split(string code, string? language = null)
    {
        var kind = language is null ? SectionKind.CSharp : KindOf(language);
        var sections = new List<CellSection>();
        if (kind == SectionKind.Command)
            return [new CellSection(kind, code, 0, Mark + language)];
        if (!code.Contains(Mark, StringComparison.Ordinal))
            return [new CellSection(kind, code, 0)];
        var (start, first) = (0, 0);
        var (command, arguments) = ("", "");
        while (true)
        {
            var found = kind == SectionKind.CSharp ? InCSharp(code, start) : InText(code, start);
            var end = found < 0 ? code.Length : found;
            AddText(sections, kind, code, start, end, first, command, arguments);
            if (found < 0)
                return sections;
            var lineEnd = code.IndexOf('\n', found);
            lineEnd = lineEnd < 0 ? code.Length : lineEnd;
            first = code.AsSpan(0, found).Count('\n');
            var words = code[found..lineEnd].Trim().Split((char[])[' ', '\t'], 2, StringSplitOptions.RemoveEmptyEntries);
            (command, arguments) = (words[0], words.Length > 1 ? words[1] : "");
            start = Math.Min(lineEnd + 1, code.Length);
            if (KindOf(command[Mark.Length..]) is var next and not SectionKind.Command)
                kind = next;
            else
                sections.Add(new CellSection(SectionKind.Command, "", first, command, arguments));
        }
    }

    /// <summary>Whether cells of the language are run or shown here.</summary>
    public static bool Knows(string language) => KindOf(language) != SectionKind.Command;

    /// <summary>The cell with everything except C# replaced by spaces, so that positions stay the
    /// same.</summary>
    public static string CSharpOnly(string code)
    {
        if (!code.Contains(Mark, StringComparison.Ordinal))
            return code;
        var lines = code.Split('\n');
        var kept = new bool[lines.Length];
        foreach (var section in Split(code).Where(section => section.Kind == SectionKind.CSharp))
        {
            var text = section.Text.Split('\n');
            for (var i = section.Command.Length > 0 || section.Line > 0 ? section.Line + 1 : 0; i < text.Length && i < lines.Length; i++)
                kept[i] = text[i].Length > 0;
        }

        return string.Join('\n', lines.Select((line, i) => kept[i] ? line : new string(' ', line.Length)));
    }

    private static SectionKind KindOf(string name) => name.ToUpperInvariant() switch
    {
        "CSHARP" or "C#" or "CS" or ".NET" => SectionKind.CSharp,
        "MARKDOWN" or "MD" => SectionKind.Markdown,
        "HTML" => SectionKind.Html,
        "JAVASCRIPT" or "JS" => SectionKind.JavaScript,
        "MERMAID" => SectionKind.Mermaid,
        _ => SectionKind.Command,
    };

    private static void AddText(List<CellSection> sections, SectionKind kind, string code, int start, int end, int line, string command,
        string arguments)
    {
        var text = code[start..end];
        if (string.IsNullOrWhiteSpace(text))
            return;
        var before = code.AsSpan(0, start).Count('\n');
        sections.Add(kind == SectionKind.CSharp
            ? new CellSection(kind, new string('\n', before) + text, line, command, arguments)
            : new CellSection(kind, text.Trim('\r', '\n'), line, command, arguments));
    }

    // The lexer knows which lines are within a string or a comment. It reads tokens only up to the
    // line, because the text after it may not be C#.
    private static int InCSharp(string code, int start)
    {
        if (code.IndexOf(Mark, start, StringComparison.Ordinal) < 0)
            return -1;
        foreach (var token in SyntaxFactory.ParseTokens(code[start..], options: Submissions.ParseOptions))
        {
            foreach (var trivia in token.LeadingTrivia)
            {
                if (trivia.Kind() is SyntaxKind.BadDirectiveTrivia or SyntaxKind.ShebangDirectiveTrivia
                    && trivia.ToString().StartsWith(Mark, StringComparison.Ordinal) && IsCommand(code, start + trivia.SpanStart))
                {
                    return start + trivia.SpanStart;
                }
            }
        }

        return -1;
    }

    private static int InText(string code, int start)
    {
        for (var line = start; line < code.Length;)
        {
            if (IsCommand(code, line))
                return line;
            var end = code.IndexOf('\n', line);
            line = end < 0 ? code.Length : end + 1;
        }

        return -1;
    }

    private static bool IsCommand(string code, int place) =>
        code.AsSpan(place).StartsWith(Mark, StringComparison.Ordinal)
        && place + Mark.Length < code.Length && (char.IsLetter(code[place + Mark.Length]) || code[place + Mark.Length] == '.');
}
