// Progress as bars with rate and remaining time, one for each task.
using System.Collections.Concurrent;
using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Llm360.Notebooks.Cli.Terminal;

/// <summary>One bar for each <see cref="WorkProgress.Task"/>.</summary>
internal sealed class ProgressBars : IProgress<WorkProgress>
{
    /// <summary>
    /// Width of a line without the detail: name, bar, percentage, rate, remaining time.
    /// </summary>
    private const int OtherColumns = 105;

    private readonly ConcurrentDictionary<int, (WorkProgress Value, TimeSpan Elapsed)> latest = [];
    private readonly Dictionary<string, ProgressTask> bars = [];
    private ProgressContext? context;

    /// <summary>Draws bars while <paramref name="work"/> runs.</summary>
    public static Task<T> WatchAsync<T>(IAnsiConsole console, Func<IProgress<WorkProgress>, Task<T>> work)
    {
        var progress = new ProgressBars();
        string Detail(ProgressTask task) => progress.latest.GetValueOrDefault(task.Id).Value?.Detail ?? "";
        return console.Progress()
            .Columns(
                new TaskDescriptionColumn { Alignment = Justify.Left },
                new ProgressBarColumn { Width = 30 },
                new PercentageColumn(),
                new TextColumn(progress.Rate),
                new RemainingTimeColumn(),
                new TextColumn(task => Cropped(Detail(task), console.Profile.Width - OtherColumns)))
            .StartAsync(context =>
            {
                progress.context = context;
                return work(progress);
            });
    }

    public void Report(WorkProgress value)
    {
        lock (bars)
        {
            if (!bars.TryGetValue(value.Task, out var bar))
                bars[value.Task] = bar = context!.AddTask(Markup.Escape(value.Task));
            latest[bar.Id] = (value, bar.ElapsedTime ?? TimeSpan.Zero);
            bar.MaxValue = Math.Max(1, value.Total);
            bar.Value = value.Done;
        }
    }

    // Units per second from the start of the bar to the last report: a finished bar keeps its rate.
    private string Rate(ProgressTask task) =>
        latest.TryGetValue(task.Id, out var last) && last.Elapsed > TimeSpan.Zero
            ? string.Create(CultureInfo.InvariantCulture, $"{last.Value.Done / last.Elapsed.TotalSeconds:0.0} {last.Value.Unit}/s")
            : "";

    // A detail that is too long for the line would reduce other columns to one letter per line.
    private static string Cropped(string text, int width) => text.Length <= width ? text : width < 2 ? "" : text[..(width - 1)] + "…";

    private sealed class TextColumn(Func<ProgressTask, string> text) : ProgressColumn
    {
        protected override bool NoWrap => true;

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) =>
            new Spectre.Console.Text(text(task), new Style(Color.Grey));
    }
}
