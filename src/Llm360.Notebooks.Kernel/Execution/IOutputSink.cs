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

/// <summary>A front end of the engine. Called from any thread as things happen, one call at a time.</summary>
public interface IOutputSink
{
    /// <summary>Text was written.</summary>
    void Stream(OutputStream stream, string text);

    /// <summary>A value is shown.</summary>
    /// <param name="bundle">Its forms.</param>
    /// <param name="displayId">The id by which it may be updated; null when it never is.</param>
    void Display(MimeBundle bundle, string? displayId);

    /// <summary>A shown value is replaced, wherever it stands.</summary>
    void UpdateDisplay(MimeBundle bundle, string displayId);

    /// <summary>A shown value is taken away, wherever it stands. By default nothing takes its
    /// place.</summary>
    void RemoveDisplay(string displayId) => UpdateDisplay(MimeBundle.Nothing, displayId);

    /// <summary>What the running cell has shown so far is taken away.</summary>
    /// <param name="wait">Not before the next output stands in its place.</param>
    void ClearOutput(bool wait);

    /// <summary>The value of the cell's last expression.</summary>
    void Result(int executionCount, MimeBundle bundle);
}
