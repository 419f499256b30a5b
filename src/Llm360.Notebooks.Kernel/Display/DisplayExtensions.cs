// x.Display() in a cell.
using Llm360.Notebooks.Kernel.Execution;

namespace Llm360.Notebooks.Kernel.Display;

/// <summary>Shows any value from a cell.</summary>
public static class DisplayExtensions
{
    /// <summary>Shows the value in the running cell.</summary>
    /// <returns>A handle that can replace the shown value.</returns>
    /// <exception cref="Llm360Exception">No cell is running here.</exception>
    public static DisplayHandle Display(this object? value) => Session(value, nameof(Display)).Show(value);

    /// <summary>Shows the value in the running cell, in the given MIME types.</summary>
    /// <param name="value">Anything.</param>
    /// <param name="mimeTypes">Such as <c>text/html</c>.</param>
    /// <returns>A handle that can replace the shown value.</returns>
    /// <exception cref="Llm360Exception">No cell is running here.</exception>
    public static DisplayHandle Display(this object? value, params string[] mimeTypes) =>
        Session(value, nameof(Display)).Show(value, mimeTypes);

    /// <summary>Shows the value in the running cell as a MIME type. A string is content of that
    /// type.</summary>
    /// <param name="value">Anything.</param>
    /// <param name="mimeType">Such as <c>text/html</c>.</param>
    /// <returns>A handle that can replace the shown value.</returns>
    /// <exception cref="Llm360Exception">No cell is running here.</exception>
    public static DisplayHandle DisplayAs(this object? value, string mimeType) => Session(value, nameof(DisplayAs)).Show(value, mimeType);

    /// <summary>Shows a list as a table in the running cell, as <see cref="Display(object?)"/>
    /// does.</summary>
    /// <param name="list">Records, objects with properties, or tuples.</param>
    /// <returns>A handle that can replace the shown value.</returns>
    /// <exception cref="Llm360Exception">No cell is running here.</exception>
    public static DisplayHandle DisplayTable<T>(this IEnumerable<T> list) => list.Display();

    private static CSharpSession Session(object? value, string method) =>
        CSharpSession.Current
            ?? throw new Llm360Exception($"{method}() was called outside of a notebook cell.", value?.GetType().FullName ?? "null",
            "Call it from a cell, or from a task that a cell started.");
}
