// `using var x = ...;` at the top level of a cell, which scripts lack: disposed with the session.
using Llm360.Notebooks.Kernel.Display;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Llm360.Notebooks.Kernel.Execution;

/// <summary>The values declared with <c>using</c>. They are disposed with the session, last first,
/// or when a cell declares the same name with <c>using</c> again.</summary>
internal sealed class UsingVariables
{
    private readonly List<(string Name, object Value)> held = [];

    /// <summary>The code with <c>using</c> blanked out where it declares a variable of the cell.
    /// Columns do not change.</summary>
    public static (string Code, IReadOnlyList<string> Names) Blank(string code, CancellationToken cancellation = default)
    {
        // Programs have these declarations at the top level, so they are parsed as in a program.
        var options = new CSharpParseOptions(LanguageVersion.Preview);
        var root = CSharpSyntaxTree.ParseText(code, options, cancellationToken: cancellation).GetCompilationUnitRoot(cancellation);
        var names = new List<string>();
        var blanked = code.ToCharArray();
        var statements = root.Members.OfType<GlobalStatementSyntax>().Select(member => member.Statement);
        foreach (var declaration in statements.OfType<LocalDeclarationStatementSyntax>())
        {
            if (declaration.UsingKeyword.IsKind(SyntaxKind.None))
                continue;
            names.AddRange(declaration.Declaration.Variables.Select(variable => variable.Identifier.ValueText));
            foreach (var keyword in new[] { declaration.AwaitKeyword, declaration.UsingKeyword })
                blanked.AsSpan(keyword.Span.Start, keyword.Span.Length).Fill(' ');
        }

        return (names.Count == 0 ? code : new string(blanked), names);
    }

    /// <summary>Takes over what a cell declared, and disposes what it replaced.</summary>
    public void Hold(IReadOnlyList<string> names, IReadOnlyList<CellVariable> variables)
    {
        foreach (var name in names)
        {
            // A cell that threw before the declaration leaves it null.
            if (variables.FirstOrDefault(variable => variable.Name == name)?.Value is not { } value)
                continue;
            var replaced = held.FindIndex(entry => entry.Name == name);
            if (replaced >= 0)
            {
                var former = held[replaced].Value;
                held.RemoveAt(replaced);
                if (!held.Any(entry => ReferenceEquals(entry.Value, former)) && !ReferenceEquals(former, value))
                    DisposeValue(former);
            }

            held.Add((name, value));
        }
    }

    /// <summary>Disposes everything, last first. A failure is reported, and the rest is still
    /// disposed.</summary>
    public void DisposeAll(Action<string> report)
    {
        foreach (var (name, value) in Enumerable.Reverse(held))
        {
            try
            {
                DisposeValue(value);
            }
            catch (Exception e)
            {
                report($"Disposing {name} failed: {SafeText.Message(e)}\n");
            }
        }

        held.Clear();
    }

    private static void DisposeValue(object value)
    {
        if (value is IDisposable disposable)
            disposable.Dispose();
        else if (value is IAsyncDisposable later)
            later.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }
}
