// Reports errors of a command line: the error, the nearest correct spelling, one line of usage.
using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Globalization;
using Llm360.Notebooks.Cli.Commands;

namespace Llm360.Notebooks.Cli;

/// <summary>Reports usage errors.</summary>
internal static class Usage
{
    // Words that users of other tools type, and their names here.
    private static readonly Dictionary<string, string> Synonyms = new()
    {
        ["suites"] = "list",
        ["models"] = "list",
        ["checkpoints"] = "list SUITE",
        ["chunks"] = "list SUITE",
        ["ls"] = "list",
        ["diff"] = "compare",
        ["site"] = "reproduce",
        ["report"] = "reproduce",
        ["figure"] = "plot",
        ["sql"] = "query",
        ["memorization"] = "grid memorization",
        ["install"] = "kernel install",
        ["delete"] = "results rm",
        ["version"] = "--version",
    };

    /// <summary>Writes the error.</summary>
    /// <returns>The exit code; null if nothing is wrong.</returns>
    public static int? Report(ParseResult parsed, TextWriter error)
    {
        // Help, version and shell completion take precedence over errors.
        var isOther = parsed.Action is HelpAction || parsed.Tokens.Any(t => t.Type == TokenType.Directive)
            || (parsed.Errors.Count > 0 && parsed.Action is not (null or ParseErrorAction));
        if (isOther || Find(parsed) is not var (what, nearest))
            return null;
        error.WriteLine(Printable.Lines($"error: {what}"));
        if (nearest is not null)
            error.WriteLine($"  did you mean: {nearest}");
        error.WriteLine($"  usage: {Line(parsed.CommandResult)}");
        return Shared.Failed;
    }

    private static (string What, string? Nearest)? Find(ParseResult parsed)
    {
        var command = parsed.CommandResult;
        if (MistypedOption(parsed) is { } option)
            return ($"llm360{PathOf(command)} has no option {option}.", Nearest(option, OptionNames(command)));
        if (parsed.UnmatchedTokens is [var unmatched, ..])
        {
            return command.Command.Subcommands.Count > 0
                ? ($"llm360{PathOf(command)} has no command \"{unmatched}\".", NearestCommand(unmatched, command))
                : ($"\"{unmatched}\" is one argument too many.", null);
        }

        if (parsed.Errors.Count == 0)
            return null;
        if (command.Command.Subcommands.Count > 0)
            return ($"llm360{PathOf(command)} needs one of its commands.", null);
        var (own, missing) = (parsed.Errors.Select(OfValue).FirstOrDefault(e => e is not null), Missing(command));
        return own ?? (missing.Count > 0 ? ($"{string.Join(" and ", missing)} {(missing.Count > 1 ? "are" : "is")} missing.", null)
            : (parsed.Errors[0].Message, null));
    }

    // A command with an optional argument would take an unknown option as its argument.
    private static string? MistypedOption(ParseResult parsed)
    {
        if (parsed.Tokens.Any(t => t.Type == TokenType.DoubleDash))
            return parsed.UnmatchedTokens.FirstOrDefault(IsOption)?.Split('=')[0];
        var asArguments = parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(a => a.Tokens).Select(t => t.Value);
        return parsed.UnmatchedTokens.Concat(asArguments).FirstOrDefault(IsOption)?.Split('=')[0];
    }

    // Numbers below zero are values: -1 is the last checkpoint.
    private static bool IsOption(string token) =>
        token is ['-', var second, ..] && (second == '-' || char.IsLetter(second)) && token.Length > 1
            && !token.Contains(' ', StringComparison.Ordinal);

    private static (string What, string? Nearest)? OfValue(ParseError error)
    {
        var option = error.SymbolResult as OptionResult ?? error.SymbolResult?.Parent as OptionResult;
        if (option is not { IdentifierTokenCount: > 0 })
            return null;
        var name = option.Option.Name;
        if (option.Tokens.Count < option.Option.Arity.MinimumNumberOfValues)
            return ($"{name} needs a value: {name} {ValueOf(option.Option)}.", null);
        var type = Nullable.GetUnderlyingType(option.Option.ValueType) ?? option.Option.ValueType;
        foreach (var token in option.Tokens)
        {
            if ((type == typeof(int) || type == typeof(long)) && !long.TryParse(token.Value, NumberStyles.AllowLeadingSign,
                CultureInfo.InvariantCulture, out _))
                return ($"{name} takes a whole number, and \"{token.Value}\" is not one.", null);
            if (type == typeof(int) && !int.TryParse(token.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _))
                return ($"{name} takes a whole number up to {int.MaxValue}, and {token.Value} is larger.", null);
            if (type == typeof(double) && !double.TryParse(token.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out _))
                return ($"{name} takes a number, and \"{token.Value}\" is not one.", null);
        }

        return option.IdentifierTokenCount > 1 && option.Option.Arity.MaximumNumberOfValues == 1
            ? ($"{name} is given {option.IdentifierTokenCount} times.", null) : (error.Message, null);
    }

    private static List<string> Missing(CommandResult command) =>
    [
        .. command.Command.Arguments.Where(a => a.Arity.MinimumNumberOfValues > (command.GetResult(a)?.Tokens.Count ?? 0)).Select(Name),
        .. command.Command.Options.Where(o => o.Required && command.GetResult(o) is not { IdentifierTokenCount: > 0 })
            .Select(o => $"{o.Name} {ValueOf(o)}"),
    ];

    private static string? NearestCommand(string given, CommandResult command)
    {
        if (Synonyms.TryGetValue(given, out var known) && command.Parent is null)
            return $"llm360 {known}";
        return Nearest(given, command.Command.Subcommands.Select(c => c.Name)) is { } near ? $"llm360{PathOf(command)} {near}" : null;
    }

    private static IEnumerable<string> OptionNames(CommandResult command)
    {
        for (var (result, own) = (command, true); result is not null; (result, own) = (result.Parent as CommandResult, false))
        {
            foreach (var option in result.Command.Options.Where(o => own || o.Recursive))
            {
                yield return option.Name;
                foreach (var alias in option.Aliases)
                    yield return alias;
            }
        }
    }

    /// <summary>The name that was probably meant; null if none is similar.</summary>
    public static string? Nearest(string given, IEnumerable<string> names)
    {
        var all = names.Where(n => n.TrimStart('-').Length > 1).ToList();
        // Accepts a prefix; otherwise two wrong or swapped letters, or a third of the letters.
        var length = given.TrimStart('-').Length;
        var allowed = length < 4 ? 1 : Math.Max(2, length / 3);
        var cut = all.Where(n => length > 1 && n.StartsWith(given, StringComparison.OrdinalIgnoreCase)).MinBy(n => n.Length);
        return cut ?? all.Select(n => (Name: n, Distance: ManifestJson.Distance(n.TrimStart('-'), given.TrimStart('-'))))
            .Where(n => n.Distance <= allowed).OrderBy(n => n.Distance).Select(n => n.Name).FirstOrDefault();
    }

    private static string Line(CommandResult result)
    {
        var (command, path) = (result.Command, $"llm360{PathOf(result)}");
        if (command.Subcommands.Count > 0)
            return $"{path} {string.Join("|", command.Subcommands.Select(c => c.Name))}";
        IEnumerable<string> parts =
        [
            .. command.Arguments.Select(a => a.Arity.MinimumNumberOfValues > 0 ? Name(a) : $"[{Name(a)}]"),
            .. command.Options.Where(o => o.Required).Select(o => $"{o.Name} {ValueOf(o)}"),
        ];
        return $"{string.Join(" ", parts.Prepend(path))} [options]; {path} --help lists the options";
    }

    private static string PathOf(CommandResult result) =>
        result.Parent is CommandResult parent ? $"{PathOf(parent)} {result.Command.Name}" : "";

    private static string Name(Argument argument) => (argument.HelpName ?? argument.Name).ToUpperInvariant();

    private static string ValueOf(Option option) => option.HelpName ?? option.Name.TrimStart('-').ToUpperInvariant();
}
