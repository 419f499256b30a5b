// A front end that remembers what it was sent, one line a call.
using Llm360.Notebooks.Kernel.Display;
using Llm360.Notebooks.Kernel.Execution;

namespace Llm360.Notebooks.Kernel.Tests.Execution;

internal sealed class RecordingSink : IOutputSink
{
    public List<(string Kind, MimeBundle? Bundle, string? Text)> Calls { get; } = [];

    public string Stdout => Text("Stdout");

    public string Stderr => Text("Stderr");

    public IEnumerable<MimeBundle> Bundles(string kind) => Calls.Where(call => call.Kind == kind).Select(call => call.Bundle!);

    public string? LastPlain => Calls.LastOrDefault(call => call.Bundle is not null).Bundle?.Data["text/plain"]?.ToString();

    /// <summary>Told after each text.</summary>
    public Action? Streamed { get; set; }

    public void Stream(OutputStream stream, string text)
    {
        Calls.Add((stream.ToString(), null, text));
        Streamed?.Invoke();
    }

    public void Display(MimeBundle bundle, string? displayId) => Calls.Add(("display", bundle, displayId));

    public void UpdateDisplay(MimeBundle bundle, string displayId) => Calls.Add(("update", bundle, displayId));

    public void ClearOutput(bool wait) => Calls.Add(("clear", null, wait.ToString()));

    public void Result(int executionCount, MimeBundle bundle) =>
        Calls.Add(("result", bundle, executionCount.ToString(System.Globalization.CultureInfo.InvariantCulture)));

    private string Text(string kind) => string.Concat(Calls.Where(call => call.Kind == kind).Select(call => call.Text));
}
