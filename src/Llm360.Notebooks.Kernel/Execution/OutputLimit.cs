// Limits the output of one cell: 100,000 displays hang a browser, and a notebook must still open.
using System.Globalization;
using System.Text.Json.Nodes;
using Llm360.Notebooks.Kernel.Display;

namespace Llm360.Notebooks.Kernel.Execution;

/// <summary>Counts what the running cell writes and shows. Once something is left out, everything
/// after it is left out too, so that the beginning is kept.</summary>
internal sealed class OutputLimit
{
    // More than a reader looks at, and little enough for a front end to draw and a notebook to
    // store.
    private const int MostDisplays = 1000;
    private const long MostDisplayed = 128L << 20, MostWritten = 32L << 20; // characters

    private readonly HashSet<string> admitted = new(StringComparer.Ordinal);
    private int shown;
    private long displayed, leftOut, written, unwritten;

    /// <summary>Another cell begins.</summary>
    public void Begin() => (shown, displayed, leftOut, written, unwritten) = (0, 0, 0, 0, 0);

    /// <summary>What was shown is cleared.</summary>
    public void Cleared() => (shown, leftOut) = (0, 0);

    /// <summary>The part of the text that may be written: its beginning.</summary>
    public string Admitted(string text)
    {
        var admitted = unwritten > 0 ? "" : SafeText.Cut(text, (int)Math.Min(text.Length, MostWritten - written));
        written += admitted.Length;
        unwritten += text.Length - admitted.Length;
        return admitted;
    }

    /// <summary>Whether a value may be shown.</summary>
    public bool Admits(MimeBundle bundle, string id)
    {
        displayed += bundle.Data.Sum(form =>
            form.Value is JsonValue value && value.TryGetValue<string>(out var content) ? content.Length : 0L);
        if (leftOut > 0 || shown == MostDisplays || displayed > MostDisplayed)
        {
            leftOut++;
            return false;
        }

        shown++;
        admitted.Add(id);
        return true;
    }

    /// <summary>Whether the display was admitted, in this cell or an earlier one.</summary>
    public bool WasAdmitted(string id) => admitted.Contains(id);

    /// <summary>The message about what was left out, returned once; null if nothing was left
    /// out.</summary>
    public string? TakeMessage()
    {
        var message = string.Concat(
            unwritten == 0 ? "" : string.Create(
                CultureInfo.InvariantCulture,
                $"The cell wrote {written + unwritten:N0} characters; what came after the first {written:N0} is left out here. ")
                + "Write to a file instead.\n",
            leftOut == 0 ? "" : string.Create(
                CultureInfo.InvariantCulture,
                $"The cell showed {shown + leftOut:N0} values; what came after the first {shown:N0} is left out here. ")
                + "Replace one with Update, or show a table.\n");
        unwritten = 0;
        Cleared();
        return message.Length == 0 ? null : message;
    }
}
