// Settings of a kernel.
namespace Llm360.Notebooks.Kernel.Jupyter;

/// <summary>Settings of a Jupyter kernel.</summary>
public sealed record KernelOptions
{
    /// <summary>The folder against which <c>#r</c> and <c>#load</c> resolve; null for the current
    /// one.</summary>
    public string? WorkingDirectory { get; init; }

    /// <inheritdoc cref="Execution.SessionOptions.DotNetInteractive"/>
    public bool DotNetInteractive { get; init; }

    /// <summary>Called once the first completion is prepared; for tests.</summary>
    internal Action? WarmedUp { get; init; }

    /// <summary>
    /// A file that names the running cell. If this process dies, the next kernel with the same file
    /// reports it at its first cell. Null for none.
    /// </summary>
    public string? CellNote { get; init; }

    /// <summary>Gets a line about every message that is dropped; null for none.</summary>
    public Action<string>? Complain { get; init; }
}
