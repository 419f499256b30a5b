// llm360 compare: the tensors of two checkpoints side by side.
using System.CommandLine;

namespace Llm360.Notebooks.Cli.Commands;

/// <summary><c>llm360 compare nano/0 nano/last</c></summary>
internal static class CompareCommand
{
    public static Command Create()
    {
        var first = new Argument<string>("first") { Description = InspectCommand.Names, HelpName = "CKPT" };
        var second = new Argument<string>("second") { Description = "The other one.", HelpName = "CKPT" };
        var json = new Option<bool>("--json") { Description = "Print JSON, hashes included." };
        var command = new Command("compare", "Compare the tensors of two checkpoints: distance, cosine, and how many elements "
            + "differ.") { first, second, json };
        command.Run("Run it again.", (parsed, screen, cancellation) => InspectCommand.RunAsync(
            parsed.GetValue(first)!, parsed.GetValue(second), stats: false, hash: false, parsed.GetValue(json), screen, cancellation));
        return command;
    }
}
