// llm360 tokenize: converts text to tokens and back.
using System.CommandLine;
using System.Text.Json;

namespace Llm360.Notebooks.Cli.Commands;

/// <summary><c>llm360 tokenize --model nano/36 "Returns the"</c></summary>
internal static class TokenizeCommand
{
    public static Command Create()
    {
        var text = new Argument<string?>("text")
        {
            Description = "The text; read from standard input when left out.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var model = new Option<string>("--model", "-m")
        {
            Description = $"A folder with tokenizer.model or tokenizer.json. {ModelOptions.Names}",
            Required = true,
        };
        var decode = new Option<bool>("--decode")
        {
            Description = "The text is ids, apart by commas or spaces: print what they stand for.",
        };
        var json = new Option<bool>("--json") { Description = "Print {\"ids\": [...], \"tokens\": [...]}, or {\"text\": ...}." };
        const string description = "Show a text's tokens with a checkpoint's tokenizer; nothing is put before or after.";
        var command = new Command("tokenize", description) { text, model, decode, json };
        command.Run("Run it again.", async (parsed, screen, cancellation) =>
        {
            var tokenizer = Suites.FindCheckpoint(parsed.GetValue(model)!).Tokenizer();
            var given = parsed.GetValue(text) ?? await Console.In.ReadToEndAsync(cancellation).ConfigureAwait(false);
            if (parsed.GetValue(decode))
            {
                var decoded = tokenizer.Decode(Ids(given));
                screen.Out.WriteLine(parsed.GetValue(json) ? JsonSerializer.Serialize(new { text = decoded }) : decoded);
                return 0;
            }

            var ids = tokenizer.Encode(given);
            if (parsed.GetValue(json))
            {
                screen.Out.WriteLine(JsonSerializer.Serialize(new { ids, tokens = ids.Select(i => tokenizer.Pieces[i]) }));
            }
            else
            {
                var table = ids.Select((id, i) => new[] { $"{i}", $"{id}", tokenizer.Pieces[id] });
                screen.Result($"{ids.Length} tokens", ["place", "id", "token"], table);
            }

            return 0;
        });
        return command;
    }

    private static IEnumerable<int> Ids(string text)
    {
        foreach (var part in text.Split([',', ' ', '\t', '\r', '\n', '[', ']'], StringSplitOptions.RemoveEmptyEntries))
        {
            yield return int.TryParse(part, out var id)
                ? id
                : throw new Llm360Exception($"\"{part}\" is no token id.", "ids", "Write ids as 12,345,6.");
        }
    }
}
