// llm360 convert: notebooks between .ipynb and .dib.
using System.CommandLine;
using System.Globalization;
using Llm360.Notebooks.Kernel.Documents;

namespace Llm360.Notebooks.Cli.Commands;

/// <summary><c>llm360 convert old.dib new.ipynb</c></summary>
internal static class ConvertCommand
{
    public static Command Create()
    {
        var from = new Argument<FileInfo>("from") { Description = "A notebook: .ipynb or .dib." };
        var to = new Argument<FileInfo>("to") { Description = "The file to write: .ipynb or .dib." };
        var force = new Option<bool>("--force") { Description = "Write over a file that is there." };
        var command = new Command("convert",
            "Convert a notebook between Jupyter's .ipynb and .NET Interactive's .dib. A .dib has no outputs.")
        {
            from, to, force,
        };
        command.Run("Run it again.", (parsed, screen, _) =>
        {
            var (source, target) = (parsed.GetValue(from)!.FullName, parsed.GetValue(to)!.FullName);
            if (File.Exists(target) && !parsed.GetValue(force))
                throw new Llm360Exception("The file is there already. Nothing was written.", target,
                    "Choose another name, or add --force.");
            var left = NotebookSource.Convert(source, target);
            screen.Say($"Written: {target}");
            if (left > 0)
                screen.Warn(string.Create(CultureInfo.InvariantCulture, $"The outputs of {left} cells are left out: a .dib has none."));
            return Task.FromResult(0);
        });
        return command;
    }
}
