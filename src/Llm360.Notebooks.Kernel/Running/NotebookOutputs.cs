// The notebook file as a front end: outputs in nbformat's schema, kept in the cell that made them.
using System.Text;
using System.Text.Json.Nodes;
using Llm360.Notebooks.Kernel.Display;
using Llm360.Notebooks.Kernel.Documents;
using Llm360.Notebooks.Kernel.Execution;

namespace Llm360.Notebooks.Kernel.Running;

/// <summary>Collects outputs. A cell that was left behind may still write while the file is
/// saved.</summary>
internal sealed class NotebookOutputs : IOutputSink
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, List<JsonObject>> displays = [];
    private readonly StringBuilder text = new();
    private readonly OutputLimit limit = new();
    private JsonObject? openStream;
    private NotebookCell? cell;
    private bool clearing;

    /// <summary>Outputs belong to <paramref name="next"/> from now on.</summary>
    public void Begin(NotebookCell next)
    {
        lock (gate)
        {
            CloseStream();
            limit.Begin();
            clearing = false;
            cell = next;
        }
    }

    /// <summary>Numbers the cell, reports what was left out and, if the cell failed, adds the
    /// error.</summary>
    public void End(int executionCount, CellError? error)
    {
        lock (gate)
        {
            cell!.ExecutionCount = executionCount;
            if (limit.TakeMessage() is { } message)
                Write(OutputStream.Stderr, message);
            if (error is null)
                return;
            Add(new JsonObject
            {
                ["ename"] = error.Name,
                ["evalue"] = error.Message,
                ["output_type"] = "error",
                ["traceback"] = new JsonArray([.. error.Traceback.Select(line => JsonValue.Create(line))]),
            });
        }
    }

    /// <summary>Writes the file with everything that has arrived so far.</summary>
    public void Write(NotebookFile notebook, string path)
    {
        string json;
        lock (gate)
        {
            StoreText();
            json = notebook.ToJson();
        }

        AtomicFile.WriteText(path, json);
    }

    /// <inheritdoc/>
    public void Stream(OutputStream stream, string text)
    {
        lock (gate)
        {
            text = limit.Admitted(text);
            if (text.Length > 0)
                Write(stream, text);
        }
    }

    /// <inheritdoc/>
    public void Display(MimeBundle bundle, string? displayId)
    {
        lock (gate)
        {
            // A display without an id contains what later figures need.
            if (displayId is not null && !limit.Admits(bundle, displayId))
                return;
            var output = new JsonObject
            {
                ["data"] = bundle.Data.DeepClone(),
                ["metadata"] = bundle.Metadata.DeepClone(),
                ["output_type"] = "display_data",
            };
            Add(output);
            if (displayId is null)
                return;
            if (!displays.TryGetValue(displayId, out var same))
                displays.Add(displayId, same = []);
            same.Add(output);
        }
    }

    /// <inheritdoc/>
    public void UpdateDisplay(MimeBundle bundle, string displayId)
    {
        lock (gate)
        {
            foreach (var output in displays.GetValueOrDefault(displayId) ?? [])
            {
                output["data"] = bundle.Data.DeepClone();
                output["metadata"] = bundle.Metadata.DeepClone();
            }
        }
    }

    /// <inheritdoc/>
    public void RemoveDisplay(string displayId)
    {
        lock (gate)
        {
            foreach (var output in displays.GetValueOrDefault(displayId) ?? [])
                (output.Parent as JsonArray)?.Remove(output);
            displays.Remove(displayId);
        }
    }

    /// <inheritdoc/>
    public void ClearOutput(bool wait)
    {
        lock (gate)
        {
            CloseStream();
            limit.Cleared();
            clearing = wait;
            if (!wait)
                cell!.Outputs.Clear();
        }
    }

    /// <inheritdoc/>
    public void Result(int executionCount, MimeBundle bundle)
    {
        lock (gate)
        {
            Add(new JsonObject
            {
                ["data"] = bundle.Data.DeepClone(),
                ["execution_count"] = executionCount,
                ["metadata"] = bundle.Metadata.DeepClone(),
                ["output_type"] = "execute_result",
            });
        }
    }

    private void Write(OutputStream stream, string what)
    {
        var name = stream == OutputStream.Stdout ? "stdout" : "stderr";
        if (openStream?["name"]!.GetValue<string>() != name)
        {
            var opened = new JsonObject { ["name"] = name, ["output_type"] = "stream", ["text"] = new JsonArray() };
            Add(opened);
            openStream = opened;
        }

        text.Append(what);
    }

    private void Add(JsonObject output)
    {
        CloseStream();
        if (clearing)
            cell!.Outputs.Clear();
        clearing = false;
        cell!.Outputs.Add((JsonNode)output);
    }

    private void CloseStream()
    {
        StoreText();
        openStream = null;
        text.Clear();
    }

    private void StoreText()
    {
        if (openStream is not null)
            openStream["text"] = MultilineText.Split(text.ToString());
    }
}
