// Progress of long work in a cell: one display a task, updated in place, removed with the cell.
using System.Diagnostics;
using System.Globalization;
using System.Net;
using Llm360.Notebooks.Kernel.Display;

namespace Llm360.Notebooks.Kernel.Execution;

/// <summary>The progress displays of one cell. Reports come from any thread, at any rate.</summary>
/// <param name="outputs">Where they are shown.</param>
/// <param name="also">Gets every report as well; null for none.</param>
internal sealed class ProgressDisplays(SessionOutputs outputs, IProgress<WorkProgress>? also) : IProgress<WorkProgress>
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);
    private readonly Lock gate = new();
    private readonly Dictionary<string, Entry> entries = [];
    private readonly int before = outputs.Sent;
    private int shown;

    public void Report(WorkProgress value)
    {
        also?.Report(value);
        lock (gate)
        {
            if (!entries.TryGetValue(value.Task, out var entry))
            {
                entry = new Entry(outputs.Show(Bundle(value, TimeSpan.Zero)), value);
                shown++;
                entries.Add(value.Task, entry);
                return;
            }

            // The next of several runs of the task, such as those of a loop.
            if (entry.IsOver(value))
                entry.Begin();
            (entry.Pending, entry.Last) = (value, value);
            if (entry.Watch.Elapsed - entry.Updated >= Interval || value.Done >= value.Total)
                Update(entry);
        }
    }

    /// <summary>Removes the displays at the end of the cell. A saved notebook has results
    /// only.</summary>
    public void Finish()
    {
        lock (gate)
        {
            // Jupyter cannot remove a single output, only all outputs of a cell.
            if (entries.Count > 0 && outputs.Sent == before + shown)
                outputs.Clear(wait: false);
            else
                entries.Values.ToList().ForEach(entry => outputs.Remove(entry.Handle));
            entries.Clear();
        }
    }

    private static void Update(Entry entry)
    {
        if (entry.Pending is not { } value)
            return;
        entry.Pending = null;
        entry.Updated = entry.Watch.Elapsed;
        entry.Handle.Update(Bundle(value, entry.Updated));
    }

    private static MimeBundle Bundle(WorkProgress value, TimeSpan elapsed)
    {
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"{value.Done:#,0.##} of {value.Total:#,0.##} {value.Unit}, {Duration(elapsed)}");
        if (value.Done > 0 && value.Done < value.Total && elapsed > TimeSpan.FromSeconds(1))
            text += $", {Duration(elapsed * ((value.Total - value.Done) / value.Done))} left";
        if (value.Detail is { Length: > 0 } detail)
            text += $", {detail}";
        var share = value.Total > 0
            ? string.Create(CultureInfo.InvariantCulture, $" value=\"{Math.Clamp(value.Done / value.Total, 0, 1):0.####}\"")
            : "";
        var (task, encoded) = (WebUtility.HtmlEncode(value.Task), WebUtility.HtmlEncode(text));
        return MimeBundle.Html(
            $"<div>{task} <progress max=\"1\"{share} aria-label=\"{task}\"></progress> {encoded}</div>",
            $"{value.Task}: {text}");
    }

    private static string Duration(TimeSpan time) => time switch
    {
        { TotalSeconds: < 90 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0} s"),
        { TotalMinutes: < 90 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMinutes:0} min"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{time.TotalHours:0.0} h"),
    };

    private sealed class Entry(DisplayHandle handle, WorkProgress first)
    {
        public DisplayHandle Handle { get; } = handle;

        public Stopwatch Watch { get; } = Stopwatch.StartNew();

        public WorkProgress Last { get; set; } = first;

        public TimeSpan Updated { get; set; }

        public WorkProgress? Pending { get; set; }

        /// <summary>Whether the work last reported is over, and the report belongs to the next
        /// work. Threads may report a little out of order.</summary>
        public bool IsOver(WorkProgress next) =>
            (Last.Done >= Last.Total && next.Done < next.Total) || next.Total != Last.Total || next.Done < Last.Done / 2;

        /// <summary>Restarts the time measurement.</summary>
        public void Begin()
        {
            Watch.Restart();
            Updated = TimeSpan.Zero - Interval;
        }
    }
}
