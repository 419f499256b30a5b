// The sections of a cell in order: C# is run, text is shown, commands are executed.
using System.Diagnostics;
using System.Globalization;
using Llm360.Notebooks.Kernel.Display;
using Llm360.Notebooks.Kernel.Documents;

namespace Llm360.Notebooks.Kernel.Execution;

/// <summary>Runs a section of C#: its code, the cell's name, the places of errors, and the receiver
/// of its value.</summary>
internal delegate Task<CellError?> RunCSharp(string code, string name, CompileErrors errors, Action<MimeBundle> result);

/// <summary>One run of a cell's sections.</summary>
/// <param name="session">The session with the variables.</param>
/// <param name="outputs">Shows the sections.</param>
/// <param name="folder">The folder of imported files.</param>
/// <param name="runCSharp">Runs the code.</param>
internal sealed class SectionRun(CSharpSession session, SessionOutputs outputs, string folder, RunCSharp runCSharp)
{
    private readonly HashSet<string> importing = new(StringComparer.Ordinal);

    /// <summary>Runs the sections of a text in order, up to the first error.</summary>
    /// <returns>The error; null for none.</returns>
    public async Task<CellError?> RunAsync(string code, string name, string? language, Action<MimeBundle> result)
    {
        var errors = new CompileErrors(name, code);
        var sections = CellSections.Split(code, language);
        // Before anything runs, so that a cell does not stop halfway.
        if (MagicCommands.Refusal(sections, errors) is { } refused)
            return refused;
        var time = sections.Any(section => section.Command == MagicCommands.Time) ? Stopwatch.StartNew() : null;
        var last = sections.LastOrDefault(section => section.Kind == SectionKind.CSharp);
        foreach (var section in sections)
        {
            var error = (section.Kind, section.Command) switch
            {
                (SectionKind.CSharp, _) =>
                    await runCSharp(section.Text, name, errors, section == last ? result : Display).ConfigureAwait(false),
                (SectionKind.Command, MagicCommands.Import) => await ImportAsync(section, name, errors).ConfigureAwait(false),
                _ => Show(section),
            };
            if (error is not null)
                return error;
        }

        if (time is not null)
            outputs.Show(MagicCommands.WallTime(time.Elapsed));
        return null;
    }

    private void Display(MimeBundle value) => outputs.Show(value);

    private CellError? Show(CellSection section)
    {
        MagicCommands.Show(section, session.Variables, outputs);
        return null;
    }

    private async Task<CellError?> ImportAsync(CellSection section, string cell, CompileErrors errors)
    {
        var path = Path.GetFullPath(Path.Combine(folder, section.Arguments.Trim().Trim('"')));
        var place = errors.LineAt(section.Line);
        if (!File.Exists(path))
            return errors.At(place, "magic", $"#!import: there is no file {path}.");
        if (!importing.Add(path))
            return errors.At(place, "magic", $"#!import: {path} imports itself.");
        try
        {
            if (!NotebookSource.IsNotebook(path))
            {
                var load = $"{new string('\n', section.Line)}#load \"{path}\"";
                return await runCSharp(load, cell, errors, Display).ConfigureAwait(false);
            }

            foreach (var (index, imported) in NotebookSource.Read(path).Cells.Index().Where(entry => entry.Item.Type == CellType.Code))
            {
                var name = string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileName(path)}, cell {index + 1}");
                var error = await RunAsync(imported.Source, name, CellLanguage.Of(imported.Metadata), Display).ConfigureAwait(false);
                if (error is not null)
                    return error;
            }

            return null;
        }
        finally
        {
            importing.Remove(path);
        }
    }
}
