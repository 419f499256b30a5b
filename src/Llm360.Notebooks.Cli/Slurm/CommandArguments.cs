// The arguments of the running command, used to start it again with some changed.
using System.CommandLine;
using System.CommandLine.Parsing;

namespace Llm360.Notebooks.Cli.Slurm;

/// <summary>Converts a parsed command line back to arguments.</summary>
internal static class CommandArguments
{
    /// <summary>Command and options as they were given.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="without">Options to leave out.</param>
    public static IReadOnlyList<string> Of(ParseResult parsed, IReadOnlyCollection<Option> without)
    {
        var chain = new Stack<CommandResult>();
        for (SymbolResult? result = parsed.CommandResult; result is CommandResult command; result = command.Parent)
            chain.Push(command);
        return
        [
            .. chain.Skip(1).Select(c => c.Command.Name),
            .. Of(chain.SelectMany(c => c.Children).OfType<OptionResult>().Where(r => !r.Implicit && !without.Contains(r.Option))),
        ];
    }

    /// <summary>Options with their values.</summary>
    public static IReadOnlyList<string> Of(IEnumerable<OptionResult> options) =>
        [.. options.DistinctBy(r => r.Option).SelectMany(Written)];

    // A value may begin with a hyphen.
    private static IEnumerable<string> Written(OptionResult result) => result.Tokens.Count == 0 ? [result.Option.Name]
        : result.Tokens.Count == 1 ? [$"{result.Option.Name}={result.Tokens[0].Value}"]
        : result.Tokens.All(t => !t.Value.StartsWith('-')) ? result.Tokens.SelectMany(t => new[] { result.Option.Name, t.Value })
        : result.Tokens.Select(t => $"{result.Option.Name}={t.Value}");
}
