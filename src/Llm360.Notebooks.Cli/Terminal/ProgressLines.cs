// Progress for a log file: the first line, a line for each tenth, and the last line.
using System.Diagnostics;
using System.Globalization;
using Spectre.Console;

namespace Llm360.Notebooks.Cli.Terminal;

/// <summary>Progress as lines.</summary>
internal sealed class ProgressLines(IAnsiConsole console) : IProgress<WorkProgress>
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(5);
    private readonly Dictionary<string, (int Tenth, long Start, long Said)> tasks = [];

    public void Report(WorkProgress value)
    {
        lock (tasks)
        {
            var tenth = value.Total <= 0 ? 0 : (int)(10 * value.Done / value.Total);
            var now = Stopwatch.GetTimestamp();
            var known = tasks.TryGetValue(value.Task, out var task);
            // A later call of the same name, such as in a loop in a cell, is timed separately.
            if (known && task.Tenth >= 10 && tenth < 10)
                known = false;
            if (known && (tenth == task.Tenth || (tenth < 10 && Stopwatch.GetElapsedTime(task.Said) < Quiet)))
                return;
            tasks[value.Task] = (tenth, known ? task.Start : now, now);
            var seconds = Stopwatch.GetElapsedTime(known ? task.Start : now).TotalSeconds;
            var rate = seconds > 0 ? string.Create(CultureInfo.InvariantCulture, $", {seconds:0} s") : "";
            var detail = value.Detail is { } text ? $" ({text})" : "";
            console.MarkupLineInterpolated($"{value.Task}: {value.Done:0} of {value.Total:0} {value.Unit}{rate}{detail}");
        }
    }
}
