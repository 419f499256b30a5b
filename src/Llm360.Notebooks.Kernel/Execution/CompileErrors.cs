// Compiler errors in readable form: code, place, source line and a caret.
using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace Llm360.Notebooks.Kernel.Execution;

/// <param name="cell">The cell's name, as in <c>cell 3</c>.</param>
/// <param name="code">Its source as the user wrote it.</param>
internal sealed class CompileErrors(string cell, string code)
{
    private const int Shown = 10;

    /// <summary>The error of a cell from the compiler's diagnostics; null if none of them is an
    /// error.</summary>
    /// <param name="diagnostics">The compiler's diagnostics.</param>
    /// <param name="remedy">What to do about it; null if that is not known.</param>
    public CellError? From(IEnumerable<Diagnostic> diagnostics, string? remedy = null)
    {
        var errors = diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error).OrderBy(d => d.Location.SourceSpan.Start).ToList();
        if (errors.Count == 0)
            return null;
        var traceback = errors.Take(Shown).SelectMany(Lines).ToList();
        if (errors.Count > Shown)
            traceback.Add(string.Create(CultureInfo.InvariantCulture, $"and {errors.Count - Shown} more errors"));
        if (ShellHints.Of(code, errors[0]) is { } hint)
            return At(errors[0].Location, "magic", hint);
        if (remedy is not null)
            traceback.Add($"  what to do: {remedy}");
        var position = errors[0].Location.GetLineSpan().StartLinePosition;
        return new CellError(errors[0].Id, Message(errors[0]), position.Line + 1, position.Character + 1, traceback);
    }

    /// <summary>The compiler's warnings as text to show with the cell's output; empty without
    /// one.</summary>
    public string Warnings(IEnumerable<Diagnostic> diagnostics) => string.Concat(
        diagnostics.Where(d => d.Severity == DiagnosticSeverity.Warning && !d.IsSuppressed)
            .OrderBy(d => d.Location.SourceSpan.Start)
            .Take(Shown)
            .SelectMany(d => Lines(d.Location, "warning", d.Id, Message(d)))
            .Select(line => line + "\n"));

    /// <summary>A line of the cell, from 0, as a place.</summary>
    public Location LineAt(int line)
    {
        var lines = SourceText.From(code).Lines;
        var span = lines[Math.Min(line, lines.Count - 1)].Span;
        return Location.Create(cell, span, lines.GetLinePositionSpan(span));
    }

    /// <summary>An error of the engine itself, at a place in the cell.</summary>
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
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"{span.Path}, line {line + 1}, column {column + 1}: {severity} {name}: {message}");
        if ((span.Path == cell ? SourceText.From(code) : location.SourceTree?.GetText()) is not { } text || line >= text.Lines.Count)
            yield break;
        var source = text.Lines[line].ToString();
        yield return "    " + source;
        // Tabs stay tabs, so that the caret is under its character at any tab width.
        yield return "    " + string.Concat(source.Take(column).Select(c => c == '\t' ? '\t' : ' ')) + "^";
    }

    private static string Message(Diagnostic error) => error.GetMessage(CultureInfo.InvariantCulture);
}
