// Options of a headless run.
namespace Llm360.Notebooks.Kernel.Running;

/// <summary>What to run, and how.</summary>
/// <param name="Input">The notebook. It is not changed unless it is also the output.</param>
/// <param name="Output">Where the executed notebook goes.</param>
public sealed record NotebookRunOptions(string Input, string Output)
{
    /// <summary>Values as text, by the name of a variable that the cell tagged <c>parameters</c>
    /// declares. See <see cref="NotebookRunner"/>.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>();

    /// <summary>The maximum time of a cell; null for no limit.</summary>
    public TimeSpan? CellTimeout { get; init; }

    /// <summary>How long a cell that was cancelled or timed out has to stop before the run ends
    /// without it.</summary>
    public TimeSpan StopPatience { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Gets a report before and after every code cell; null for none.</summary>
    public IProgress<CellProgress>? CellProgress { get; init; }

    /// <summary>Gets the progress of the long work inside cells; null for none.</summary>
    public IProgress<WorkProgress>? WorkProgress { get; init; }
}

/// <summary>The progress of a run: one report when a cell starts, one when it ends.</summary>
/// <param name="Number">The cell's number among the code cells that run, from 1: the <c>n</c> of
/// <c>In [n]</c>.</param>
/// <param name="Total">How many code cells run.</param>
/// <param name="Index">The cell's place among all cells of the notebook, from 0.</param>
/// <param name="Title">Its first line that is not blank.</param>
/// <param name="Elapsed">Null when the cell starts; its duration when it ends.</param>
public sealed record CellProgress(int Number, int Total, int Index, string Title, TimeSpan? Elapsed);
