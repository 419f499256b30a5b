// Advice on IPython's %magic, !command and ?name, and on lines that start with a with expression.
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace Llm360.Notebooks.Kernel.Execution;

/// <summary>Examines the line of the first compile error. Code that compiles has no such
/// line.</summary>
internal static partial class ShellHints
{
    /// <summary>The advice; null for a line that looks like C#.</summary>
    public static string? Of(string code, Diagnostic error)
    {
        var number = error.Location.GetLineSpan().StartLinePosition.Line;
        var lines = SourceText.From(code).Lines;
        if (number >= lines.Count)
            return null;
        var line = lines[number].ToString().Trim();
        return Magic().Match(line) is { Success: true } magic ? OfMagic(magic.Groups["name"].Value)
            : Command().IsMatch(line) ? "!command runs a shell command in IPython, and cells here are C#. "
                + "Use System.Diagnostics.Process.Start(\"program\", \"arguments\")."
            : Help().IsMatch(line) ? "?name shows help in IPython, and cells here are C#. Put the cursor on the name and press Shift+Tab."
            : With().IsMatch(line) ? "An expression with { ... } at the beginning of a line is read as a declaration. Put it in "
                + "parentheses: (value with { Name = ... })."
            : null;
    }

    private static string OfMagic(string name) => name switch
    {
        "time" or "timeit" => $"%{name} is a magic command of IPython. Write #!time on a line of its own.",
        "who" or "whos" or "lsmagic" => $"%{name} is a magic command of IPython. Write #!{name} on a line of its own.",
        "load" or "run" => $"%{name} is a magic command of IPython. Write #load \"file.csx\" at the beginning of the cell.",
        "pip" or "conda" => $"%{name} is a magic command of IPython. Packages of .NET come with #r \"nuget: Name, Version\".",
        "cd" => "%cd is a magic command of IPython. Write Environment.CurrentDirectory = \"folder\";.",
        "matplotlib" => "%matplotlib is a magic command of IPython. Figures here need no setting: remove the line.",
        _ => $"%{name} is a magic command of IPython, and cells here are C#. Remove the line; #!lsmagic lists the commands of this kernel.",
    };

    [GeneratedRegex(@"^[A-Za-z_]\w*\s+with\s*\{")]
    private static partial Regex With();

    [GeneratedRegex(@"^%{1,2}(?<name>[A-Za-z_]+)")]
    private static partial Regex Magic();

    // A negation alone is not a statement of C#.
    [GeneratedRegex(@"^!\s*[A-Za-z][\w./-]*(\s+[^=;(]*)?$")]
    private static partial Regex Command();

    [GeneratedRegex(@"^(\?{1,2}[A-Za-z_][\w.]*|[A-Za-z_][\w.]*\?{1,2})$")]
    private static partial Regex Help();
}
