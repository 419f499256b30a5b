// What a headless run is given.
namespace Llm360.Notebooks.Kernel.Running;

/// <summary>What to run, and how.</summary>
/// <param name="Input">The notebook; it is not changed unless it is the output as well.</param>
/// <param name="Output">Where the executed notebook goes.</param>
public sealed record NotebookRunOptions(string Input, string Output)
{
    /// <summary>Values by name for variables that the cell tagged <c>parameters</c> declares, as text: see <see cref="NotebookRunner"/>.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>();

    /// <summary>The longest a cell may run; null for any time.</summary>
    public TimeSpan? CellTimeout { get; init; }

    /// <summary>How long a cell that was cancelled or timed out has to stop before the run ends without it.</summary>
    public TimeSpan StopPatience { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Gets a report before and after every code cell; null for nobody.</summary>
    public IProgress<CellProgress>? CellProgress { get; init; }

    /// <summary>Gets the progress of the long work inside cells; null for nobody.</summary>
    public IProgress<WorkProgress>? WorkProgress { get; init; }
}

/// <summary>How far a run has come: one report as a cell starts, one as it ends.</summary>
/// <param name="Number">The cell's number among the code cells that run, from 1: the <c>n</c> of <c>In [n]</c>.</param>
/// <param name="Total">How many code cells run.</param>
/// <param name="Index">The cell's place among all cells of the notebook, from 0.</param>
/// <param name="Title">Its first line that is not blank.</param>
/// <param name="Elapsed">Null as it starts; how long it took as it ends.</param>
public sealed record CellProgress(int Number, int Total, int Index, string Title, TimeSpan? Elapsed);
