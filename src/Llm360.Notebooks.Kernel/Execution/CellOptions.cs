// How one cell is run.
namespace Llm360.Notebooks.Kernel.Execution;

/// <summary>How one cell is run.</summary>
public sealed record CellOptions
{
    /// <summary>Whether the cell takes the next number. Otherwise it has the number of the cell
    /// before.</summary>
    public bool Counts { get; init; } = true;

    /// <summary>Whether the value of its last expression is shown.</summary>
    public bool ShowsResult { get; init; } = true;

    /// <summary>
    /// The language of the cell as .NET Interactive names it, such as <c>html</c>; null for C#. A
    /// language that this kernel does not know is refused.
    /// </summary>
    public string? Language { get; init; }
}
