// The functions every cell can call without an import.
using System.Diagnostics.CodeAnalysis;

namespace Llm360.Notebooks.Kernel.Display;

/// <summary>What a cell finds in scope besides its own declarations.</summary>
[SuppressMessage("Performance", "CA1822:Mark members as static", Justification = "Scripts call the members of an object.")]
public sealed class CellGlobals
{
    private readonly Func<object?, DisplayHandle> show;

    internal CellGlobals(Func<object?, DisplayHandle> show) => this.show = show;

    /// <summary>Shows a value in every form it has.</summary>
    /// <returns>A handle that can replace what is shown.</returns>
    [SuppressMessage("Style", "IDE1006:Naming Styles", Justification = "The name C# notebooks use.")]
    public DisplayHandle display(object? value) => show(value);

    /// <summary>HTML, shown as it is when displayed or last in the cell.</summary>
    public HtmlText HTML(string text) => new(text);

    /// <summary>Markdown, rendered when displayed or last in the cell.</summary>
    public MarkdownText Markdown(string text) => new(text);
}
