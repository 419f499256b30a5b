// A file that names the running cell. It remains when a stack overflow ends the process.
using System.Globalization;

namespace Llm360.Notebooks.Kernel.Execution;

/// <summary>Writes the note when a cell starts and deletes it when the cell has ended.</summary>
/// <remarks>The note has one line for the cell. <see cref="AddCause"/> adds one for the cause once
/// it is known.</remarks>
/// <param name="path">The file; null for no note.</param>
public sealed class CellNote(string? path)
{
    private const int MaxTitle = 80;

    /// <summary>The cell that a process was running when it ended, and the cause if it is known;
    /// null for none. Deletes the note.</summary>
    public (string Cell, string? Cause)? Take()
    {
        try
        {
            if (path is null || !File.Exists(path))
                return null;
            var lines = File.ReadAllLines(path);
            File.Delete(path);
            return lines is [{ Length: > 0 } cell, ..] ? (cell, lines.ElementAtOrDefault(1)) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Call it when a cell starts.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="code">Its source; the first line is noted.</param>
    public void Begin(int number, string code)
    {
        ArgumentNullException.ThrowIfNull(code);
        var first = code.Trim().Split('\n', 2)[0].Trim();
        var title = first.Length > MaxTitle ? first[..MaxTitle] + " ..." : first;
        Write(path => File.WriteAllText(path, string.Create(CultureInfo.InvariantCulture, $"cell {number}: {title}\n")));
    }

    /// <summary>Call it when the cell has ended.</summary>
    public void End() => Write(File.Delete);

    /// <summary>Adds how the process that wrote the note ended. Does nothing if no cell was
    /// running.</summary>
    public void AddCause(string cause) => Write(path =>
    {
        if (File.Exists(path))
            File.AppendAllText(path, cause + "\n");
    });

    private void Write(Action<string> write)
    {
        try
        {
            if (path is not null)
                write(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Without a note, only the explanation is missing.
        }
    }
}
