// Where the outputs of cells go: a notebook file, or a Jupyter client.
using Llm360.Notebooks.Kernel.Display;

namespace Llm360.Notebooks.Kernel.Execution;

/// <summary>The two text streams of a cell.</summary>
public enum OutputStream
{
    /// <summary>Console.Out.</summary>
    Stdout,

    /// <summary>Console.Error.</summary>
    Stderr,
}

/// <summary>A front end of the engine. Called from any thread as outputs arise, one call at a
/// time.</summary>
public interface IOutputSink
{
    /// <summary>Text was written.</summary>
    void Stream(OutputStream stream, string text);

    /// <summary>A value is shown.</summary>
    /// <param name="bundle">The value in its MIME types.</param>
    /// <param name="displayId">The id by which it may be updated; null if it never is.</param>
    void Display(MimeBundle bundle, string? displayId);

    /// <summary>A shown value is replaced, in whichever cell it is.</summary>
    void UpdateDisplay(MimeBundle bundle, string displayId);

    /// <summary>A shown value is removed, in whichever cell it is. By default it becomes an empty
    /// value.</summary>
    void RemoveDisplay(string displayId) => UpdateDisplay(MimeBundle.Nothing, displayId);

    /// <summary>The outputs of the running cell so far are removed.</summary>
    /// <param name="wait">Whether they stay until the next output replaces them.</param>
    void ClearOutput(bool wait);

    /// <summary>The value of the cell's last expression.</summary>
    void Result(int executionCount, MimeBundle bundle);
}
