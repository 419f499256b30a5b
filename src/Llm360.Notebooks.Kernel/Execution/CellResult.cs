// How a cell ended.
namespace Llm360.Notebooks.Kernel.Execution;

/// <summary>The ways a cell ends.</summary>
public enum CellStatus
{
    /// <summary>It ran to its end.</summary>
    Ok,

    /// <summary>It does not compile; nothing of it ran.</summary>
    CompileError,

    /// <summary>It threw an exception; what it had declared stays.</summary>
    RuntimeError,

    /// <summary>It was cancelled and stopped.</summary>
    Cancelled,
}

/// <summary>How a cell ended.</summary>
/// <param name="Status">The way it ended.</param>
/// <param name="ExecutionCount">Its number in the session, as in <c>In [n]</c> and in <c>cell n,
/// line l</c>.</param>
/// <param name="Error">What went wrong; null when <paramref name="Status"/> is
/// <see cref="CellStatus.Ok"/>.</param>
public sealed record CellResult(CellStatus Status, int ExecutionCount, CellError? Error = null);

/// <summary>What went wrong in a cell.</summary>
/// <param name="Name">The compiler's code (<c>CS0103</c>) or the exception's type.</param>
/// <param name="Message">The message of the compiler or the exception.</param>
/// <param name="Line">The line in the cell, from 1; null if the error has no line in the
/// cell.</param>
/// <param name="Column">The column, from 1, for compile errors.</param>
/// <param name="Traceback">What to show, line by line: place, source and caret, or the stack frames
/// of the user's code.</param>
/// <param name="Exception">The exception of a cell that threw; null for compile errors.</param>
public sealed record CellError(
    string Name, string Message, int? Line, int? Column, IReadOnlyList<string> Traceback, Exception? Exception = null);
