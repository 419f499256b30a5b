// Progress as bars with rate and time left, one for each piece of work.
using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Llm360.Notebooks.Cli.Terminal;

/// <summary>One bar for each <see cref="WorkProgress.Task"/>.</summary>
internal sealed class ProgressBars(ProgressContext context) : IProgress<WorkProgress>
{
    private readonly Dictionary<string, ProgressTask> bars = [];

    public void Report(WorkProgress value)
    {
        lock (bars)
        {
            if (!bars.TryGetValue(value.Task, out var bar))
                bars[value.Task] = bar = context.AddTask(Markup.Escape(value.Task), maxValue: Math.Max(1, value.Total));
            bar.MaxValue = Math.Max(1, value.Total);
            bar.Value = value.Done;
            bar.State.Update<string>(DetailColumn.Detail, _ => value.Detail ?? "");
            bar.State.Update<string>(RateColumn.Unit, _ => value.Unit);
        }
    }
}

/// <summary>Units a second since the bar began.</summary>
internal sealed class RateColumn : ProgressColumn
{
    public const string Unit = "unit";

    public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime)
    {
        var seconds = task.ElapsedTime?.TotalSeconds ?? 0;
        return new Text(seconds <= 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{task.Value / seconds:0.0} {task.State.Get<string>(Unit)}/s"));
    }
}

/// <summary>The work's own short line.</summary>
internal sealed class DetailColumn : ProgressColumn
{
    public const string Detail = "detail";

    protected override bool NoWrap => true;

    public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) => new Text(task.State.Get<string>(Detail) ?? "", new Style(Color.Grey)).Ellipsis();
}
