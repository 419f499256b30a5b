// From a section of C# to a submission: directives, packages, the compiler, and missing usings.
using Llm360.Notebooks.Kernel.Packages;
using Microsoft.CodeAnalysis;

namespace Llm360.Notebooks.Kernel.Execution;

/// <summary>A compiled section, or the reason why it does not compile.</summary>
/// <param name="Submission">The submission to start; null for an error.</param>
/// <param name="UsingNames">The variables that it declares with <c>using</c>.</param>
/// <param name="Error">The error; null for none.</param>
internal sealed record CompiledSection(Submission? Submission, IReadOnlyList<string> UsingNames, CellError? Error);

/// <summary>Compiles sections of C#.</summary>
internal sealed class SectionCompiler(Submissions submissions, SessionPackages packages, SessionOutputs outputs)
{
    /// <summary>Compiles a section against the code that ran before, without running it.</summary>
    /// <param name="code">C#, with the line numbers of the cell.</param>
    /// <param name="cell">The cell's name.</param>
    /// <param name="errors">Places errors in the cell.</param>
    /// <param name="stop">Ends the compilation.</param>
    public async Task<CompiledSection> CompileAsync(string code, string cell, CompileErrors errors, CancellationToken stop)
    {
        if (SourceNesting.OfBrackets(code, cell, stop) is { } brackets)
            return Failed(errors.At(brackets.Place, "nesting", brackets.Message));
        var directives = CellDirectives.TakeOut(code, cell);
        var (blanked, usingNames) = UsingVariables.Blank(directives.Code, stop);
        var tree = Submissions.Parse(blanked, cell, stop);
        if (SourceNesting.OfTree(tree, stop) is { } levels)
            return Failed(errors.At(levels.Place, "nesting", levels.Message));
        var asked = PackageDirectives.Find(tree)
            .Concat(directives.References.Select(d => (Request: PackageDirectives.Parse(d.Value), d.Place))
                .Where(found => found.Request is not null).Select(found => (found.Request!, found.Place)));
        if (packages.AddSources(directives.Sources, errors) is { } source)
            return Failed(source);
        if (await packages.RestoreAsync([.. asked], outputs, errors, stop).ConfigureAwait(false) is { } missing)
            return Failed(missing);
        var references = new List<PortableExecutableReference>();
        foreach (var late in directives.References.Where(d => PackageDirectives.Parse(d.Value) is null))
        {
            var found = submissions.Resolve(late.Value);
            if (found.IsEmpty)
                return Failed(errors.At(late.Place, "CS0006", $"Metadata file '{late.Value}' could not be found"));
            references.AddRange(found);
        }

        return Compile(tree, references, usingNames, errors, stop);
    }

    private CompiledSection Compile(
        SyntaxTree tree, List<PortableExecutableReference> references, IReadOnlyList<string> usingNames, CompileErrors errors,
            CancellationToken stop)
    {
        var made = submissions.Compile(tree, stop, references);
        var added = made.Cell is null ? MissingUsings.OfExtensionMethods(made.Compilation, made.Diagnostics) : [];
        if (added.Count > 0 && submissions.Compile(tree, stop, references, added) is { Cell: not null } mended)
        {
            made = mended;
            outputs.Stream(OutputStream.Stderr, string.Concat(added.Select(name => $"Added: using {name};\n")));
        }

        if (made.Cell is null)
            return Failed(errors.From(made.Diagnostics, MissingUsings.Hint(made.Compilation, made.Diagnostics)));
        outputs.Stream(OutputStream.Stderr, errors.Warnings(made.Diagnostics));
        return new CompiledSection(made.Cell, usingNames, null);
    }

    private static CompiledSection Failed(CellError? error) => new(null, [], error);
}
