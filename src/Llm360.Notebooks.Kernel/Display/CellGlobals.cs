// The functions every cell can call without an import.
using System.Diagnostics.CodeAnalysis;

namespace Llm360.Notebooks.Kernel.Display;

/// <summary>What a cell finds in scope besides its own declarations.</summary>
[SuppressMessage("Performance", "CA1822:Mark members as static", Justification = "Scripts call the members of an object.")]
public sealed class CellGlobals
{
    private readonly Func<object?, DisplayHandle> show;

    private readonly Action<bool> clear;
    private readonly Func<string, bool, string> ask;

    internal CellGlobals(Func<object?, DisplayHandle> show, Action<bool> clear, Func<string, bool, string> ask) => (this.show, this.clear, this.ask) = (show, clear, ask);

    /// <summary>Shows a value in every form it has.</summary>
    /// <returns>A handle that can replace what is shown.</returns>
    [SuppressMessage("Style", "IDE1006:Naming Styles", Justification = "The name C# notebooks use.")]
    public DisplayHandle display(object? value) => show(value);

    /// <summary>Takes away what this cell has shown so far.</summary>
    /// <param name="wait">Not before the next output stands in its place.</param>
    [SuppressMessage("Style", "IDE1006:Naming Styles", Justification = "The name notebooks use.")]
    [SuppressMessage("Naming", "CA1707:Identifiers should not contain underscores", Justification = "The name notebooks use.")]
    public void clear_output(bool wait = false) => clear(wait);

    /// <summary>Asks the user for a line of text.</summary>
    /// <exception cref="Llm360Exception">The front end takes no input.</exception>
    [SuppressMessage("Style", "IDE1006:Naming Styles", Justification = "The name notebooks use.")]
    public string input(string prompt = "") => ask(prompt, false);

    /// <summary>Asks the user for a line that is not shown as it is typed.</summary>
    /// <exception cref="Llm360Exception">The front end takes no input.</exception>
    [SuppressMessage("Style", "IDE1006:Naming Styles", Justification = "The name notebooks use.")]
    public string password(string prompt = "") => ask(prompt, true);

    /// <summary>HTML, shown as it is when displayed or last in the cell.</summary>
    public HtmlText HTML(string text) => new(text);

    /// <summary>Markdown, rendered when displayed or last in the cell.</summary>
    public MarkdownText Markdown(string text) => new(text);
}
