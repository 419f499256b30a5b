// Compiler errors as a reader wants them: code, place, source line and a caret.
using System.Globalization;
using Microsoft.CodeAnalysis;

namespace Llm360.Notebooks.Kernel.Execution;

internal static class CompileErrors
{
    private const int Shown = 10;

    /// <summary>The error of a cell from the compiler's diagnostics; null when none is an error.</summary>
    public static CellError? From(IEnumerable<Diagnostic> diagnostics)
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

    /// <summary>An error of this engine's own at a place in the source.</summary>
    public static CellError At(Location location, string name, string message)
    {
        var position = location.GetLineSpan().StartLinePosition;
        return new CellError(name, message, position.Line + 1, position.Character + 1, [.. Lines(location, name, message)]);
    }

    private static IEnumerable<string> Lines(Diagnostic error) => Lines(error.Location, error.Id, Message(error));

    private static IEnumerable<string> Lines(Location location, string name, string message)
    {
        var span = location.GetLineSpan();
        var (line, column) = (span.StartLinePosition.Line, span.StartLinePosition.Character);
        yield return string.Create(CultureInfo.InvariantCulture, $"{span.Path}, line {line + 1}, column {column + 1}: error {name}: {message}");
        if (location.SourceTree is not { } tree)
            yield break;
        var source = tree.GetText().Lines[line].ToString();
        yield return "    " + source;
        // Tabs stay tabs, so that the caret stands under its character at any tab width.
        yield return "    " + string.Concat(source.Take(column).Select(c => c == '\t' ? '\t' : ' ')) + "^";
    }

    private static string Message(Diagnostic error) => error.GetMessage(CultureInfo.InvariantCulture);
}
