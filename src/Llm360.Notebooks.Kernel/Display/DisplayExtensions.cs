// x.Display() in a cell.
using Llm360.Notebooks.Kernel.Execution;

namespace Llm360.Notebooks.Kernel.Display;

/// <summary>Showing any value from a cell.</summary>
public static class DisplayExtensions
{
    /// <summary>Shows the value in the running cell.</summary>
    /// <returns>A handle that can replace what is shown.</returns>
    /// <exception cref="Llm360Exception">No cell is running here.</exception>
    public static DisplayHandle Display(this object? value) =>
        (CSharpSession.Current ?? throw new Llm360Exception(
            "Display() was called outside of a notebook cell.", value?.GetType().FullName ?? "null", "Call it from a cell, or from a task that a cell started.")).Show(value);
}
