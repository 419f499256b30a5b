// Notebooks made for a test, and reports delivered at once.
using Llm360.Notebooks.Kernel.Documents;
using Xunit;

namespace Llm360.Notebooks.Kernel.Tests.Running;

internal static class Notebooks
{
    public static string Write(string path, params string[] cells)
    {
        var notebook = NotebookFile.Create();
        foreach (var source in cells)
            notebook.InsertCell(notebook.Cells.Count, CellType.Code, source);
        notebook.Write(path);
        return path;
    }
}

/// <summary>Unlike Progress, calls back on the thread that reports.</summary>
internal sealed class Reports<T>(Action<T> report) : IProgress<T>
{
    void IProgress<T>.Report(T value) => report(value);
}

/// <summary>Runs set the current directory of the process, so they run alone, one at a
/// time.</summary>
[CollectionDefinition(nameof(Running), DisableParallelization = true)]
public sealed class Running;
