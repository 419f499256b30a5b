// Text that says what it is: what HTML("...") and Markdown("...") return in a cell.
namespace Llm360.Notebooks.Kernel.Display;

/// <summary>HTML to be shown as it is.</summary>
/// <param name="Text">The markup.</param>
public sealed record HtmlText(string Text)
{
    /// <inheritdoc/>
    public override string ToString() => Text;
}

/// <summary>Markdown to be rendered by the front end.</summary>
/// <param name="Text">The source.</param>
public sealed record MarkdownText(string Text)
{
    /// <inheritdoc/>
    public override string ToString() => Text;
}
