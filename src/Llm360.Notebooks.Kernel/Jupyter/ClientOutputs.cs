// The Jupyter client as a front end: outputs of cells as messages on iopub.
using System.Text;
using System.Text.Json.Nodes;
using Llm360.Notebooks.Kernel.Display;
using Llm360.Notebooks.Kernel.Execution;

namespace Llm360.Notebooks.Kernel.Jupyter;

/// <summary>
/// Publishes what cells write and show. Text is collected for a moment, so that a million short
/// lines are not a million messages. Only the last update of a display in that moment is sent.
/// </summary>
internal sealed class ClientOutputs : IOutputSink, IDisposable
{
    private const int LargestText = 1 << 16;

    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(40);

    private readonly Channels channels;
    private readonly Lock gate = new();
    private readonly AutoResetEvent gathered = new(false);
    private readonly StringBuilder text = new();
    private readonly Dictionary<string, MimeBundle> updates = new(StringComparer.Ordinal);
    private readonly OutputLimit limit = new();
    private OutputStream stream;
    private Message? parent;
    private volatile bool disposed;

    /// <summary>Publishes on the channels.</summary>
    public ClientOutputs(Channels channels)
    {
        this.channels = channels;

        // Not a timer: it would wait for the thread pool, which may be busy with tasks of cells.
        DeepThread.Start("jupyter outputs", SendNowAndThen);
    }

    /// <summary>The text of the request's result; null when it had none.</summary>
    public string? LastResult { get; private set; }

    /// <summary>From now on, outputs belong to this request.</summary>
    public void Begin(Message request)
    {
        lock (gate)
        {
            SendGathered();
            limit.Begin();
            (parent, LastResult) = (request, null);
        }
    }

    /// <summary>Sends what has been collected: before a question to the user, and before the end of
    /// a cell is reported.</summary>
    public void Flush()
    {
        lock (gate)
        {
            SendGathered();
            if (limit.TakeMessage() is { } message)
                Publish(OutputStream.Stderr, message);
        }
    }

    /// <inheritdoc/>
    public void Stream(OutputStream stream, string text)
    {
        lock (gate)
        {
            text = limit.Admitted(text);
            if (text.Length == 0)
                return;
            if (this.stream != stream)
                SendText();
            this.stream = stream;
            this.text.Append(text);
            if (this.text.Length >= LargestText)
                SendText();
            else
                SendSoon();
        }
    }

    /// <inheritdoc/>
    public void Display(MimeBundle bundle, string? displayId)
    {
        lock (gate)
        {
            // A display without an id contains what later figures need, of this cell or another.
            if (displayId is null || limit.Admits(bundle, displayId))
                Publish("display_data", Content(bundle, displayId));
        }
    }

    /// <inheritdoc/>
    public void UpdateDisplay(MimeBundle bundle, string displayId)
    {
        lock (gate)
        {
            if (!limit.WasAdmitted(displayId))
                return;
            updates[displayId] = bundle;
            SendSoon();
        }
    }

    /// <inheritdoc/>
    public void ClearOutput(bool wait)
    {
        lock (gate)
        {
            limit.Cleared();
            Publish("clear_output", new JsonObject { ["wait"] = wait });
        }
    }

    /// <inheritdoc/>
    public void Result(int executionCount, MimeBundle bundle)
    {
        var content = Content(bundle, null);
        content["execution_count"] = executionCount;
        LastResult = bundle.Data["text/plain"]?.ToString();
        Publish("execute_result", content);
    }

    public void Dispose()
    {
        disposed = true;
        gathered.Set();
    }

    private static JsonObject Content(MimeBundle bundle, string? displayId)
    {
        var content = new JsonObject { ["data"] = bundle.Data.DeepClone(), ["metadata"] = bundle.Metadata.DeepClone() };
        if (displayId is not null)
            content["transient"] = new JsonObject { ["display_id"] = displayId };
        return content;
    }

    private void Publish(string type, JsonObject content)
    {
        lock (gate)
        {
            SendGathered();
            channels.Send(ChannelName.IOPub, type, content, parent);
        }
    }

    private void Publish(OutputStream to, string what)
    {
        var name = to == OutputStream.Stdout ? "stdout" : "stderr";
        channels.Send(ChannelName.IOPub, "stream", new JsonObject { ["name"] = name, ["text"] = what }, parent);
    }

    private void SendSoon() => gathered.Set();

    private void SendNowAndThen()
    {
        while (gathered.WaitOne() && !disposed)
        {
            Thread.Sleep(Gathering);
            lock (gate)
                SendGathered();
        }
    }

    private void SendGathered()
    {
        SendText();
        foreach (var (id, bundle) in updates)
            channels.Send(ChannelName.IOPub, "update_display_data", Content(bundle, id), parent);
        updates.Clear();
    }

    private void SendText()
    {
        if (text.Length == 0)
            return;
        Publish(stream, text.ToString());
        text.Clear();
    }
}
