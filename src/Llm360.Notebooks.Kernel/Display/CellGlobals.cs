// The functions every cell can call without an import.
using System.Diagnostics.CodeAnalysis;
using Llm360.Notebooks.Kernel.Execution;

namespace Llm360.Notebooks.Kernel.Display;

/// <summary>What every cell has in scope in addition to its own declarations.</summary>
[SuppressMessage("Performance", "CA1822:Mark members as static", Justification = "Scripts call the members of an object.")]
public sealed class CellGlobals
{
    private readonly SessionOutputs outputs;
    private readonly Func<string, bool, string> ask;

    internal CellGlobals(SessionOutputs outputs, Func<string, bool, string> ask) => (this.outputs, this.ask) = (outputs, ask);

    /// <summary>Shows a value in all MIME types it has.</summary>
    /// <returns>A handle that can replace the shown value.</returns>
    [SuppressMessage("Style", "IDE1006:Naming Styles", Justification = "The name C# notebooks use.")]
    public DisplayHandle display(object? value) => outputs.Show(value);

    /// <summary>Shows a value in the given MIME types.</summary>
    /// <param name="value">Anything. A string under a MIME type is shown as content of that
    /// type.</param>
    /// <param name="mimeTypes">Such as <c>text/html</c>.</param>
    /// <returns>A handle that can replace the shown value.</returns>
    [SuppressMessage("Style", "IDE1006:Naming Styles", Justification = "The name C# notebooks use.")]
    public DisplayHandle display(object? value, params string[] mimeTypes) => outputs.Show(value, mimeTypes);

    /// <summary>Replaces a shown value, in whichever cell it is.</summary>
    /// <param name="value">The new value.</param>
    /// <param name="shown">What <c>display</c> returned.</param>
    [SuppressMessage("Style", "IDE1006:Naming Styles", Justification = "The name notebooks use.")]
    [SuppressMessage("Naming", "CA1707:Identifiers should not contain underscores", Justification = "The name notebooks use.")]
    public void update_display(object? value, DisplayHandle shown)
    {
        ArgumentNullException.ThrowIfNull(shown);
        shown.Update(value);
    }

    /// <summary>Replaces the value that is shown under an id.</summary>
    /// <param name="value">The new value.</param>
    /// <param name="displayId">The <see cref="DisplayHandle.Id"/> of the shown value.</param>
    [SuppressMessage("Style", "IDE1006:Naming Styles", Justification = "The name notebooks use.")]
    [SuppressMessage("Naming", "CA1707:Identifiers should not contain underscores", Justification = "The name notebooks use.")]
    public void update_display(object? value, string displayId)
    {
        ArgumentNullException.ThrowIfNull(displayId);
        outputs.Update(ValueFormatter.Format(value), displayId);
    }

    /// <summary>Removes the outputs of this cell so far.</summary>
    /// <param name="wait">Whether they stay until the next output replaces them.</param>
    [SuppressMessage("Style", "IDE1006:Naming Styles", Justification = "The name notebooks use.")]
    [SuppressMessage("Naming", "CA1707:Identifiers should not contain underscores", Justification = "The name notebooks use.")]
    public void clear_output(bool wait = false) => outputs.Clear(wait);

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

    /// <summary>LaTeX, rendered when displayed or last in the cell.</summary>
    public LaTeXString Latex(string text) => new(text);

    /// <summary>An SVG image, shown when displayed or last in the cell.</summary>
    /// <param name="markup">The <c>svg</c> element.</param>
    /// <param name="description">What it shows, for readers who cannot see it.</param>
    public Picture SVG(string markup, string description = "SVG image") =>
        new(System.Text.Encoding.UTF8.GetBytes(markup), "image/svg+xml", description);

    /// <summary>JSON, shown as a tree when displayed or last in the cell.</summary>
    /// <param name="value">A JSON text, or any value, which is serialized.</param>
    /// <exception cref="System.Text.Json.JsonException">The text is no JSON.</exception>
    public MimeBundle JSON(object? value) =>
        value is string text ? RichText.Of("application/json", text) : ValueFormatter.Format(value, ["application/json"]);

    /// <summary>JavaScript, run by the page when displayed or last in the cell.</summary>
    public MimeBundle Javascript(string code) => RichText.Script(code);

    /// <summary>A style sheet, applied to the page when displayed or last in the cell.</summary>
    public HtmlText CSS(string rules) => new($"<style>{rules}</style>");
}
