// #i "nuget: SOURCE" anywhere, and #r after code: directives that scripts do not accept there.
using System.Text.RegularExpressions;
using Llm360.Notebooks.Kernel.Packages;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Text;

namespace Llm360.Notebooks.Kernel.Execution;

/// <summary>A directive that was taken out of the code.</summary>
/// <param name="Value">The text between its quotes.</param>
/// <param name="Place">Its place in the cell.</param>
internal sealed record CellDirective(string Value, Location Place);

/// <summary>The code without the directives, with unchanged columns, and the directives'
/// values.</summary>
/// <param name="Code">The code that scripts accept.</param>
/// <param name="References">Values of <c>#r</c> after code.</param>
/// <param name="Sources">Values of <c>#i</c>.</param>
internal sealed partial record CellDirectives(string Code, IReadOnlyList<CellDirective> References, IReadOnlyList<CellDirective> Sources)
{
    /// <summary>Takes the directives out of the code.</summary>
    /// <param name="code">C#.</param>
    /// <param name="cell">The cell's name, for places.</param>
    public static CellDirectives TakeOut(string code, string cell)
    {
        if (!AnyDirective().IsMatch(code))
            return new CellDirectives(code, [], []);
        var (blanked, lines) = (code.ToCharArray(), SourceText.From(code).Lines);
        var (references, sources) = (new List<CellDirective>(), new List<CellDirective>());
        var isFirst = true;
        foreach (var token in SyntaxFactory.ParseTokens(code, options: Submissions.ParseOptions))
        {
            foreach (var trivia in token.LeadingTrivia.Where(trivia => trivia.IsDirective))
            {
                if (Directive().Match(trivia.ToString()) is not { Success: true } match)
                    continue;
                var isSource = match.Groups["name"].Value == "i";
                if (!isSource && isFirst)
                    continue;
                var quoted = new TextSpan(trivia.SpanStart + match.Groups["value"].Index - 1, match.Groups["value"].Length + 2);
                var place = Location.Create(cell, quoted, lines.GetLinePositionSpan(quoted));
                (isSource ? sources : references).Add(new CellDirective(match.Groups["value"].Value, place));
                blanked.AsSpan(trivia.SpanStart, match.Length).Fill(' ');
            }

            isFirst = false;
        }

        return new CellDirectives(new string(blanked), references, sources);
    }

    /// <summary>The source of an <c>#i</c>: an address or a folder; null for any other
    /// text.</summary>
    public static string? Source(string value) =>
        value.StartsWith(PackageDirectives.Scheme, StringComparison.OrdinalIgnoreCase)
            && value[PackageDirectives.Scheme.Length..].Trim() is { Length: > 0 } source
            ? source
            : null;

    [GeneratedRegex(@"^[ \t]*#[ \t]*[ri][ \t]", RegexOptions.Multiline)]
    private static partial Regex AnyDirective();

    [GeneratedRegex("""^#[ \t]*(?<name>[ri])[ \t]+"(?<value>[^"\n]*)"[^\n\r]*""")]
    private static partial Regex Directive();
}
