// The outputs of a session's cells on their way to the front end, one at a time.
using System.Globalization;
using Llm360.Notebooks.Kernel.Display;

namespace Llm360.Notebooks.Kernel.Execution;

/// <summary>Called from any thread of any cell; what a cell that was left behind still writes is dropped.</summary>
/// <param name="sink">The front end.</param>
/// <param name="plotlyJavaScript">The source of plotly.js, sent once before the first figure; null to send none.</param>
internal sealed class SessionOutputs(IOutputSink sink, Func<string>? plotlyJavaScript)
{
    private readonly Lock gate = new();
    private bool plotlySent;
    private int displays;

    private static bool Dropped => RunningCell.Current is { LeftBehind: true };

    public DisplayHandle Show(object? value)
    {
        var bundle = ValueFormatter.Format(value);
        lock (gate)
        {
            var handle = new DisplayHandle(string.Create(CultureInfo.InvariantCulture, $"display-{++displays}"), Update);
            if (Dropped)
                return handle;
            SendPlotlyFirst(bundle);
            sink.Display(bundle, handle.Id);
            return handle;
        }
    }

    public void Stream(OutputStream stream, string text)
    {
        if (text.Length == 0 || Dropped)
            return;
        lock (gate)
            sink.Stream(stream, text);
    }

    public void Clear(bool wait)
    {
        lock (gate)
        {
            if (!Dropped)
                sink.ClearOutput(wait);
        }
    }

    public void Result(int count, MimeBundle bundle)
    {
        lock (gate)
        {
            if (Dropped)
                return;
            SendPlotlyFirst(bundle);
            sink.Result(count, bundle);
        }
    }

    private void Update(MimeBundle bundle, string id)
    {
        lock (gate)
        {
            if (Dropped)
                return;
            SendPlotlyFirst(bundle);
            sink.UpdateDisplay(bundle, id);
        }
    }

    private void SendPlotlyFirst(MimeBundle bundle)
    {
        if (plotlySent || plotlyJavaScript is not { } source || !bundle.Data.ContainsKey(MimeBundle.Plotly))
            return;
        plotlySent = true;
        sink.Display(PlotlyScript.Create(source()), null);
    }
}
