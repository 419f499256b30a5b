// Progress as bars with rate and time left, one for each piece of work.
using System.Collections.Concurrent;
using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Llm360.Notebooks.Cli.Terminal;

/// <summary>One bar for each <see cref="WorkProgress.Task"/>.</summary>
internal sealed class ProgressBars : IProgress<WorkProgress>
{
    private readonly ConcurrentDictionary<int, WorkProgress> latest = [];
    private readonly Dictionary<string, ProgressTask> bars = [];
    private ProgressContext? context;

    /// <summary>Draws bars while <paramref name="work"/> runs.</summary>
    public static Task<T> WatchAsync<T>(IAnsiConsole console, Func<IProgress<WorkProgress>, Task<T>> work)
    {
        var progress = new ProgressBars();
        return console.Progress()
            .Columns(
                new TaskDescriptionColumn { Alignment = Justify.Left },
                new ProgressBarColumn { Width = 30 },
                new PercentageColumn(),
                new TextColumn(progress.Rate),
                new RemainingTimeColumn(),
                new TextColumn(task => progress.latest.GetValueOrDefault(task.Id)?.Detail ?? ""))
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
            latest[bar.Id] = value;
            bar.MaxValue = Math.Max(1, value.Total);
            bar.Value = value.Done;
        }
    }

    // Units a second since the bar began.
    private string Rate(ProgressTask task) =>
        task.ElapsedTime is { TotalSeconds: > 0 } elapsed && latest.TryGetValue(task.Id, out var value)
            ? string.Create(CultureInfo.InvariantCulture, $"{value.Done / elapsed.TotalSeconds:0.0} {value.Unit}/s")
            : "";

    private sealed class TextColumn(Func<ProgressTask, string> text) : ProgressColumn
    {
        protected override bool NoWrap => true;

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) => new Spectre.Console.Text(text(task), new Style(Color.Grey));
    }
}
