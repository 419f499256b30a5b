// Compiler errors as a reader wants them: code, place, source line and a caret.
using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Text;

namespace Llm360.Notebooks.Kernel.Execution;

/// <param name="cell">The cell's name, as in <c>cell 3</c>.</param>
/// <param name="code">Its source as the user wrote it.</param>
internal sealed class CompileErrors(string cell, string code)
{
    private const int Shown = 10;

    /// <summary>The error of a cell from the compiler's diagnostics; null when none is an error.</summary>
    public CellError? From(IEnumerable<Diagnostic> diagnostics)
    {
        var errors = diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error).OrderBy(d => d.Location.SourceSpan.Start).ToList();
        if (errors.Count == 0)
            return null;
        var traceback = errors.Take(Shown).SelectMany(Lines).ToList();
        if (errors.Count > Shown)
            traceback.Add(string.Create(CultureInfo.InvariantCulture, $"and {errors.Count - Shown} more errors"));
        var position = errors[0].Location.GetLineSpan().StartLinePosition;
        return new CellError(errors[0].Id, Message(errors[0]), position.Line + 1, position.Character + 1, traceback);
    }

    /// <summary>The compiler's warnings, as text to show beside the cell's output; empty without one.</summary>
    public string Warnings(IEnumerable<Diagnostic> diagnostics) => string.Concat(
        diagnostics.Where(d => d.Severity == DiagnosticSeverity.Warning && !d.IsSuppressed).OrderBy(d => d.Location.SourceSpan.Start).Take(Shown)
            .SelectMany(d => Lines(d.Location, "warning", d.Id, Message(d))).Select(line => line + "\n"));

    /// <summary>The error of the first line that the C# parser, too, takes for a <c>#!</c> directive of Polyglot Notebooks; null without one.</summary>
    public CellError? FromMagicCommand(SyntaxTree tree)
    {
        var found = tree.GetRoot().DescendantTrivia()
            .FirstOrDefault(trivia => (trivia.IsKind(SyntaxKind.BadDirectiveTrivia) || trivia.IsKind(SyntaxKind.ShebangDirectiveTrivia)) && trivia.ToFullString().StartsWith("#!", StringComparison.Ordinal));
        if (found == default)
            return null;
        var command = found.ToFullString().Trim().Split(' ', '\n')[0];
        var message = $"{command} is a magic command of Polyglot Notebooks, not C#. Remove the line; cells here are C# only.";
        return At(found.GetLocation(), "magic", message);
    }

    /// <summary>An error of the engine's own at a place in the cell.</summary>
    public CellError At(Location place, string name, string message)
    {
        var position = place.GetLineSpan().StartLinePosition;
        return new CellError(name, message, position.Line + 1, position.Character + 1, [.. Lines(place, "error", name, message)]);
    }

    private IEnumerable<string> Lines(Diagnostic error) => Lines(error.Location, "error", error.Id, Message(error));

    private IEnumerable<string> Lines(Location location, string severity, string name, string message)
    {
        var span = location.GetLineSpan();
        var (line, column) = (span.StartLinePosition.Line, span.StartLinePosition.Character);
        yield return string.Create(CultureInfo.InvariantCulture, $"{span.Path}, line {line + 1}, column {column + 1}: {severity} {name}: {message}");
        if (location.SourceTree is not { } tree)
            yield break;
        var text = span.Path == cell ? SourceText.From(code) : tree.GetText();
        var source = text.Lines[line].ToString();
        yield return "    " + source;
        // Tabs stay tabs, so that the caret stands under its character at any tab width.
        yield return "    " + string.Concat(source.Take(column).Select(c => c == '\t' ? '\t' : ' ')) + "^";
    }

    private static string Message(Diagnostic error) => error.GetMessage(CultureInfo.InvariantCulture);
}
