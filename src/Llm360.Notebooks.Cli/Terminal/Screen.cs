// Output of the commands: results on stdout, progress and errors on stderr, plain if redirected.
using System.Globalization;
using Spectre.Console;

namespace Llm360.Notebooks.Cli.Terminal;

/// <summary>The console of one command.</summary>
/// <param name="writer">Receives results without formatting: JSON, CSV, and generated text.</param>
/// <param name="output">Receives results.</param>
/// <param name="error">Receives progress and errors.</param>
/// <param name="quiet">Whether only results and errors are shown.</param>
/// <param name="interactive">Whether bars are drawn instead of lines.</param>
internal sealed class Screen(TextWriter writer, IAnsiConsole output, IAnsiConsole error, bool quiet, bool interactive)
{
    /// <summary>
    /// Writer of results without formatting: JSON, CSV, and text as it is generated.
    /// </summary>
    public TextWriter Out => writer;

    /// <summary>The console of a command.</summary>
    /// <param name="quiet">Whether only results and errors are shown.</param>
    /// <param name="to">Standard output, or its substitute in a test.</param>
    /// <param name="errors">Standard error, or its substitute in a test.</param>
    public static Screen Create(bool quiet, TextWriter to, TextWriter errors)
    {
        var (isFile, isErrorFile) = (to != Console.Out || Console.IsOutputRedirected, errors != Console.Error || Console.IsErrorRedirected);
        return new Screen(to, Make(to, isFile), Make(errors, isErrorFile), quiet, !isErrorFile && !isFile);

        static IAnsiConsole Make(TextWriter writer, bool redirected)
        {
            var noColours = redirected || Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 };
            var console = AnsiConsole.Create(new AnsiConsoleSettings
            {
                Out = new AnsiConsoleOutput(writer),
                Ansi = redirected ? AnsiSupport.No : AnsiSupport.Detect,
                ColorSystem = noColours ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
                Interactive = redirected ? InteractionSupport.No : InteractionSupport.Detect,
            });
            if (redirected)
                console.Profile.Width = 1000;
            return console;
        }
    }

    /// <summary>A line for the reader; left out when quiet.</summary>
    public void Say(string text)
    {
        if (!quiet)
            output.MarkupLineInterpolated($"{text}");
    }

    /// <summary>A table of names and values; left out when quiet.</summary>
    public void Facts(string title, IEnumerable<(string Name, string Value)> facts)
    {
        if (quiet)
            return;
        var table = new Spectre.Console.Table().Border(TableBorder.Simple).HideHeaders().AddColumn("").AddColumn("");
        table.Title = new TableTitle(Markup.Escape(title));
        foreach (var (name, value) in facts)
            table.AddRow(new Spectre.Console.Text(name), new Spectre.Console.Text(value));
        output.Write(table);
    }

    /// <summary>A table with headers; left out when quiet.</summary>
    public void Rows(string title, IReadOnlyList<string> headers, IEnumerable<IReadOnlyList<string>> rows)
    {
        if (!quiet)
            Result(title, headers, rows);
    }

    /// <summary>A requested table, shown also when quiet.</summary>
    public void Result(string title, IReadOnlyList<string> headers, IEnumerable<IReadOnlyList<string>> rows)
    {
        var table = new Spectre.Console.Table().Border(TableBorder.Simple);
        table.Title = new TableTitle(Markup.Escape(title));
        foreach (var header in headers)
            table.AddColumn(new Spectre.Console.TableColumn(Markup.Escape(header)));
        foreach (var row in rows)
            table.AddRow(row.Select(cell => new Spectre.Console.Text(cell)));
        output.Write(table);
    }

    /// <summary>A requested line, shown also when quiet.</summary>
    public void Result(string line) => output.MarkupLineInterpolated($"{line}");

    /// <summary>An error in three lines on stderr: what, where, what to do.</summary>
    public void Error(Llm360Exception e)
    {
        error.MarkupLineInterpolated($"[red]error:[/] {e.What}");
        error.MarkupLineInterpolated($"  where: {e.Where}");
        error.MarkupLineInterpolated($"  what to do: {e.Remedy}");
    }

    /// <summary>A line on stderr.</summary>
    public void Warn(string text) => error.MarkupLineInterpolated($"{text}");

    /// <summary>
    /// Runs long work and shows its progress: bars on a terminal, otherwise lines.
    /// </summary>
    public async Task<T> WatchAsync<T>(Func<IProgress<WorkProgress>, Task<T>> work)
    {
        if (quiet)
            return await work(new Silence()).ConfigureAwait(false);
        if (!interactive)
            return await work(new ProgressLines(error)).ConfigureAwait(false);
        return await ProgressBars.WatchAsync(error, work).ConfigureAwait(false);
    }

    /// <summary>A duration in minutes and seconds.</summary>
    public static string Duration(TimeSpan time) => time switch
    {
        { TotalSeconds: < 10 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s"),
        { TotalSeconds: < 90 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0} s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalMinutes} min {time.Seconds} s"),
    };

    private sealed class Silence : IProgress<WorkProgress>
    {
        public void Report(WorkProgress value)
        {
        }
    }
}
