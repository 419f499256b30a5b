// How a headless run ended.
using Llm360.Notebooks.Kernel.Documents;
using Llm360.Notebooks.Kernel.Execution;

namespace Llm360.Notebooks.Kernel.Running;

/// <summary>The ways a run ends.</summary>
public enum RunStatus
{
    /// <summary>Every cell ran.</summary>
    Completed,

    /// <summary>A cell failed; those after it did not run.</summary>
    Failed,

    /// <summary>A cell ran longer than it may; those after it did not run.</summary>
    TimedOut,

    /// <summary>The run was cancelled.</summary>
    Cancelled,
}

/// <summary>How a run ended. The output file holds what ran, whatever the status.</summary>
/// <param name="Status">The way it ended.</param>
/// <param name="Notebook">The executed notebook, as in the output file.</param>
/// <param name="CellsRun">How many code cells ran to their end.</param>
/// <param name="CellsTotal">How many there are to run.</param>
/// <param name="Elapsed">The time it took.</param>
/// <param name="Failure">Where and why it stopped; null when it completed, or was cancelled between
/// two cells.</param>
public sealed record NotebookRunResult(
    RunStatus Status, NotebookFile Notebook, int CellsRun, int CellsTotal, TimeSpan Elapsed, CellFailure? Failure);

/// <summary>The cell at which a run stopped.</summary>
/// <param name="Number">Its number among the code cells that run, from 1.</param>
/// <param name="Index">Its place among all cells of the notebook, from 0.</param>
/// <param name="Error">What went wrong, with the line in the cell.</param>
public sealed record CellFailure(int Number, int Index, CellError Error);
