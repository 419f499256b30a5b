// The outputs of a session's cells on their way to the front end, one at a time.
using System.Globalization;
using Llm360.Notebooks.Kernel.Display;

namespace Llm360.Notebooks.Kernel.Execution;

/// <summary>Called from any thread of any cell. Later output of a cell that was left behind is
/// dropped.</summary>
/// <param name="sink">The front end.</param>
/// <param name="waitForRoom">Delays an output until the front end can take it; null for no
/// delay.</param>
internal sealed class SessionOutputs(IOutputSink sink, Action<CancellationToken>? waitForRoom)
{
    private readonly Lock gate = new();
    private int displays, sent;

    private static bool Dropped => RunningCell.Current is { LeftBehind: true };

    /// <summary>Shows a value, in the given MIME types or in all it has.</summary>
    public DisplayHandle Show(object? value, params IReadOnlyList<string> mimeTypes)
    {
        if (mimeTypes.FirstOrDefault(type => type?.Contains('/', StringComparison.Ordinal) != true) is { } wrong)
        {
            throw new Llm360Exception("The text is no MIME type.", $"\"{wrong}\"",
                "Name a type such as text/html; to show two values, call display twice.");
        }

        var bundle = ValueFormatter.Format(value, mimeTypes);
        WaitForRoom();
        lock (gate)
        {
            var handle = new DisplayHandle(string.Create(CultureInfo.InvariantCulture, $"display-{++displays}"), Update, mimeTypes);
            if (Dropped)
                return handle;
            sink.Display(bundle, handle.Id);
            sent++;
            return handle;
        }
    }

    public void Stream(OutputStream stream, string text)
    {
        if (text.Length == 0 || Dropped)
            return;
        WaitForRoom();
        lock (gate)
        {
            sink.Stream(stream, text);
            sent++;
        }
    }

    public void Clear(bool wait)
    {
        WaitForRoom();
        lock (gate)
        {
            if (!Dropped)
                sink.ClearOutput(wait);
        }
    }

    public void Result(int count, MimeBundle bundle)
    {
        WaitForRoom();
        lock (gate)
        {
            if (Dropped)
                return;
            sink.Result(count, bundle);
            sent++;
        }
    }

    // Outside of the lock: other threads must not wait for one that is held back.
    private void WaitForRoom()
    {
        if (!Dropped)
            waitForRoom?.Invoke(RunningCell.Current?.Stop ?? CancellationToken.None);
    }

    /// <summary>Replaces what was shown under an id.</summary>
    public void Update(MimeBundle bundle, string id)
    {
        WaitForRoom();
        lock (gate)
        {
            if (Dropped)
                return;
            sink.UpdateDisplay(bundle, id);
        }
    }

    /// <summary>The number of displays, results and texts so far.</summary>
    public int Sent
    {
        get
        {
            lock (gate)
                return sent;
        }
    }

    /// <summary>Removes a display, such as one of progress, which does not stay in the
    /// notebook.</summary>
    public void Remove(DisplayHandle handle)
    {
        lock (gate)
        {
            if (!Dropped)
                sink.RemoveDisplay(handle.Id);
        }
    }
}
