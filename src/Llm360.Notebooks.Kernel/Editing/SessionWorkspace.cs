// A Roslyn workspace that follows a session: a submission for each cell, and one for the editor.
using Llm360.Notebooks.Kernel.Display;
using Llm360.Notebooks.Kernel.Execution;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Host.Mef;
using Microsoft.CodeAnalysis.Text;

namespace Llm360.Notebooks.Kernel.Editing;

/// <summary>Created on first use, so that a session that only runs cells does not pay for
/// it.</summary>
internal sealed class SessionWorkspace(CSharpSession session)
{
    private readonly Lock gate = new();
    private readonly HashSet<string> given = new(StringComparer.Ordinal);
    private Solution? solution;
    private ProjectId? last;
    private int followed;

    /// <summary>The text as the next cell of the session.</summary>
    public Document Open(string code)
    {
        lock (gate)
        {
            // The first submission has the default references and the imports. Later ones inherit
            // them, and add what cells have referenced since.
            if (solution is null)
                (solution, last) = Add(new AdhocWorkspace(MefHostServices.DefaultHost).CurrentSolution, "start", SourceText.From(""),
                    DocumentedReferences.Create(), session.AllImports);
            var cells = session.Sources;
            for (; followed < cells.Count; followed++)
            {
                var references = session.ReferencedFiles.Where(given.Add).Select(DocumentedReferences.WithDocumentation);
                (solution, last) = Add(solution, $"cell-{followed}", cells[followed].Tree.GetText(), references, cells[followed].Imports);
            }

            // This snapshot of the solution is discarded: the next question starts from the cells
            // again.
            var (asked, project) = Add(solution, "editor", SourceText.From(code), [], []);
            return asked.GetProject(project)!.Documents.Single();
        }
    }

    private (Solution Solution, ProjectId Project) Add(
        Solution to, string name, SourceText text, IEnumerable<MetadataReference> references, IEnumerable<string> imports)
    {
        var id = ProjectId.CreateNewId(name);
        var info = ProjectInfo.Create(
            id,
            VersionStamp.Create(),
            name,
            name,
            LanguageNames.CSharp,
            compilationOptions: new CSharpCompilationOptions(
                OutputKind.DynamicallyLinkedLibrary, scriptClassName: name, usings: imports, allowUnsafe: true),
            parseOptions: Submissions.ParseOptions,
            projectReferences: last is null ? [] : [new ProjectReference(last)],
            metadataReferences: references,
            isSubmission: true,
            hostObjectType: typeof(CellGlobals));
        return (to.AddProject(info).AddDocument(DocumentId.CreateNewId(id), name + ".csx", text), id);
    }
}
