// llm360 plot: writes the figure of stored results to a file.
using System.CommandLine;

namespace Llm360.Notebooks.Cli.Commands;

/// <summary><c>llm360 plot nano/memorization-6c2897f1be3e -o scores.svg</c></summary>
internal static class PlotCommand
{
    public static Command Create()
    {
        var results = StoredResults.Argument();
        var output = new OutputFile(
            required: false, "Where to write (default: plots/ of the artifacts, as .svg).", FigureFile.Extensions);
        var command = new Command("plot",
            "Draw stored results: memorization by chunk, tasks along checkpoints, or held-out loss. Scores come from the store.")
        {
            results, output.Option,
        };
        command.Run("Nothing was changed; run it again.", async (parsed, screen, cancellation) =>
        {
            var given = output.Path(parsed);
            var stored = StoredResults.Find(parsed.GetValue(results)!);
            var path = given ?? Path.Combine(Workspace.Artifacts, "plots", stored.Suite,
                Path.GetFileName(stored.Folder) + FigureFile.Extensions[0]);
            var figure = await screen.WatchAsync(progress => Task.Run(
                () => StoredFigure.OfAsync(stored, progress, cancellation), cancellation)).ConfigureAwait(false);
            FigureFile.Write(path, figure);
            screen.Say(figure.ToString());
            screen.Result(path);
            return 0;
        });
        return command;
    }
}
