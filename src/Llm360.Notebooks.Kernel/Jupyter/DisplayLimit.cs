// How much one cell may show: a hundred thousand displays would hang every browser.
using System.Globalization;
using System.Text.Json.Nodes;
using Llm360.Notebooks.Kernel.Display;

namespace Llm360.Notebooks.Kernel.Jupyter;

/// <summary>Counts what the running cell shows.</summary>
internal sealed class DisplayLimit
{
    // More than anybody looks at, and little enough for a front end to draw and a notebook to keep.
    private const int MostDisplays = 1000;
    private const long MostText = 128L << 20;

    private readonly HashSet<string> sent = new(StringComparer.Ordinal);
    private int shown;
    private long text;
    private long leftOut;

    /// <summary>What to tell of displays that were left out; null if none was.</summary>
    public string? Message => leftOut == 0 ? null : string.Create(
        CultureInfo.InvariantCulture, $"The cell showed {shown + leftOut:N0} values; what came after the first {shown:N0} is left out here. Replace one with Update, or show a table.\n");

    /// <summary>Begins to count anew: for a cell, or because what was shown is cleared.</summary>
    /// <param name="cell">Whether another cell begins.</param>
    public void Begin(bool cell) => (shown, leftOut, text) = (0, 0, cell ? 0 : text);

    /// <summary>Whether a value may be shown.</summary>
    public bool Admits(MimeBundle bundle, string id)
    {
        // Once something is left out everything is, so that what is there is the beginning.
        text += bundle.Data.Sum(form => form.Value is JsonValue value && value.TryGetValue<string>(out var content) ? content.Length : 0L);
        if (leftOut > 0 || shown == MostDisplays || text > MostText)
        {
            leftOut++;
            return false;
        }

        shown++;
        sent.Add(id);
        return true;
    }

    /// <summary>Whether the front end was sent the display.</summary>
    public bool WasSent(string id) => sent.Contains(id);
}
