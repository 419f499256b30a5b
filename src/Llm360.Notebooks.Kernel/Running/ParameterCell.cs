// Parameters by papermill's convention: declared in a tagged cell, assigned in another after it.
using System.Text;
using Llm360.Notebooks.Kernel.Documents;
using Llm360.Notebooks.Kernel.Execution;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Llm360.Notebooks.Kernel.Running;

/// <summary>The parameters of one run, checked against what the notebook declares.</summary>
internal sealed class ParameterCell
{
    private const string Tag = "parameters";
    private const string InjectedTag = "injected-parameters";

    private readonly NotebookCell declaring;
    private readonly IReadOnlyDictionary<string, string> values;
    private readonly string path;

    private ParameterCell(NotebookCell declaring, IReadOnlyDictionary<string, string> values, string path)
    {
        this.declaring = declaring;
        this.values = values;
        this.path = path;
    }

    /// <summary>The cell that assigns the values. Its source is written once the declared types are
    /// known.</summary>
    public NotebookCell? Injected { get; private set; }

    /// <summary>Checks the names before anything runs; null if no values are given.</summary>
    /// <exception cref="Llm360Exception">The notebook declares no parameters, or lacks one that is
    /// given.</exception>
    public static ParameterCell? Find(NotebookFile notebook, IReadOnlyDictionary<string, string> values, string path)
    {
        if (values.Count == 0)
            return null;
        var declaring = notebook.Cells.FirstOrDefault(cell => cell.Type == CellType.Code && cell.Tags.Contains(Tag))
            ?? throw new Llm360Exception(
                "The notebook takes no parameters: no code cell is tagged \"parameters\".",
                path,
                "Run it without parameters, or tag the cell that declares its variables.");
        var known = DeclaredNames(declaring.Source);
        foreach (var name in values.Keys.Where(name => !known.Contains(name)))
        {
            throw new Llm360Exception(
                $"The notebook has no parameter \"{name}\".",
                path,
                $"Its parameters are: {string.Join(", ", known)}.");
        }

        return new ParameterCell(declaring, values, path);
    }

    /// <summary>Inserts an empty cell for the assignments after the declaring one. It replaces one
    /// from an earlier run.</summary>
    public void Insert(NotebookFile notebook)
    {
        for (var i = notebook.Cells.Count - 1; i >= 0; i--)
        {
            if (notebook.Cells[i].Tags.Contains(InjectedTag))
                notebook.RemoveCell(i);
        }

        var index = notebook.Cells.Index().First(entry => entry.Item == declaring).Index;
        Injected = notebook.InsertCell(index + 1, CellType.Code, "// Parameters", InjectedTag);
        Injected.Tags = [InjectedTag];
    }

    /// <summary>The source of the injected cell.</summary>
    /// <param name="variables">The session's variables after the declaring cell has run.</param>
    /// <exception cref="Llm360Exception">A value does not convert to the type of its
    /// variable.</exception>
    public string Assignments(IReadOnlyList<CellVariable> variables)
    {
        var source = new StringBuilder("// Parameters");
        foreach (var (name, value) in values)
        {
            var type = variables.First(variable => variable.Name == name).Type;
            var literal = ParameterLiteral.From(type, value)
                ?? throw new Llm360Exception(
                    $"The value \"{value}\" of the parameter {name} is no {ParameterLiteral.NameOf(type)}.",
                    path,
                    $"Give {name} as {ParameterLiteral.HowTo(type)}.");
            source.Append('\n').Append(name).Append(" = ").Append(literal).Append(';');
        }

        return source.ToString();
    }

    private static List<string> DeclaredNames(string source) =>
        CSharpSyntaxTree.ParseText(source, new CSharpParseOptions(LanguageVersion.Preview, kind: SourceCodeKind.Script))
            .GetCompilationUnitRoot()
            .Members
            .OfType<FieldDeclarationSyntax>()
            .SelectMany(field => field.Declaration.Variables)
            .Select(variable => variable.Identifier.ValueText)
            .ToList();
}
