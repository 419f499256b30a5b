// llm360 generate: continues prompts.
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.Json;
using Llm360.Notebooks.Cli.Terminal;

namespace Llm360.Notebooks.Cli.Commands;

/// <summary><c>llm360 generate --model nano/36 --prompt "Returns the"</c></summary>
internal static class GenerateCommand
{
    public static Command Create()
    {
        var model = new ModelOptions();
        var prompt = new Option<string?>("--prompt") { Description = "Text to continue." };
        var rows = new RowsOptions(required: false);
        var length = new Option<int?>("-k", "--prompt-length")
        {
            Description = "With --rows: only the first k tokens of each row are the prompt.",
        };
        var count = new Option<int?>("--max-new-tokens")
        {
            Description = "Tokens to generate at most (default: 256, or as many as the model's positions allow).",
        };
        var temperature = new Option<double>("--temperature")
        {
            Description = "0 takes the most probable token; above, tokens are drawn.",
            DefaultValueFactory = _ => 0,
        };
        var topK = new Option<int?>("--top-k") { Description = "Draw from the k most probable tokens." };
        var topP = new Option<double>("--top-p")
        {
            Description = "Draw from the most probable tokens that together reach this probability.",
            DefaultValueFactory = _ => 1,
        };
        var seed = new Option<int>("--seed") { Description = "Of the draws.", DefaultValueFactory = _ => 0 };
        var ignoreEnd = new Option<bool>("--ignore-eos") { Description = "Go on after the end token." };
        var bos = new Option<bool>("--bos") { Description = "Put the tokenizer's begin token before the text." };
        var json = new Option<bool>("--json") { Description = "Print {\"new\": [[ids] ...]}, an end token included." };
        var command = new Command("generate", "Continue a text, or many token sequences at once.") { prompt };
        rows.AddTo(command);
        foreach (var option in new Option[] { length, count, temperature, topK, topP, seed, ignoreEnd, bos, json })
            command.Options.Add(option);
        model.AddTo(command);
        foreach (var whole in new[] { length, count, topK })
            whole.Validators.Add(ModelOptions.AtLeastOne(whole));
        temperature.Validators.Add(Number(temperature, t => t >= 0 && double.IsFinite(t), "a number from 0 on"));
        topP.Validators.Add(Number(topP, p => p is > 0 and <= 1, "a probability above 0 and at most 1"));
        command.Validators.Add(given =>
        {
            if (given.GetValue(prompt) is null == rows.File(given) is null)
                given.AddError("Give either --prompt or --rows.");
            if (given.GetValue(bos) && rows.File(given) is not null)
                given.AddError("--bos goes with --prompt; sequences of ids stay as they are.");
            if (given.GetResult(length) is not null && given.GetValue(prompt) is not null)
                given.AddError("--prompt-length goes with --rows; a text is the prompt as it is.");
        });
        command.Run("Run it again.", async (parsed, screen, cancellation) =>
        {
            var checkpoint = model.Checkpoint(parsed);
            var wantsJson = parsed.GetValue(json);
            // JSON of ids needs no tokenizer.
            var tokenizer = parsed.GetValue(prompt) is not null || !wantsJson ? checkpoint.Tokenizer() : null;
            var read = rows.Read(parsed, cancellation);
            int[][] prompts = parsed.GetValue(prompt) is { } text
                ? [ModelOptions.Encode(tokenizer!, text, parsed.GetValue(bos), checkpoint)]
                : [.. read.Select(PromptOf)];
            using var loaded = await model.LoadAsync(parsed, screen, cancellation).ConfigureAwait(false);
            var longest = prompts.Max(p => p.Length);
            var stop = parsed.GetValue(ignoreEnd) ? null
                : await checkpoint.FetchAsync(new(Cancellation: cancellation)).ConfigureAwait(false);
            var options = new GenerationOptions
            {
                MaxNewTokens = parsed.GetValue(count) ?? Math.Max(1, Math.Min(256, loaded.Config.MaximumLength - longest)),
                Temperature = parsed.GetValue(temperature),
                TopK = parsed.GetValue(topK),
                TopP = parsed.GetValue(topP),
                Seed = parsed.GetValue(seed),
                StopTokens = stop is null ? [] : StopTokens.Read(stop),
            };
            if (rows.File(parsed) is { } file)
                CheckRows(file, options.MaxNewTokens);
            SayIfGreedy();
            if (prompts.Length == 1 && !wantsJson)
            {
                Stream(loaded, tokenizer!, prompts[0], options, screen, cancellation);
                return 0;
            }

            var generated = await screen.WatchAsync(progress => Task.Run(() => Generate(progress), cancellation)).ConfigureAwait(false);
            if (wantsJson)
            {
                var answer = new Dictionary<string, IReadOnlyList<IReadOnlyList<int>>> { ["new"] = generated };
                screen.Out.WriteLine(JsonSerializer.Serialize(answer));
            }
            else
            {
                Show(screen, tokenizer!, prompts, generated, options);
            }

            return 0;

            int[] PromptOf(TokenRow row) =>
                (parsed.GetValue(length) ?? row.PromptLength) is { } k && k < row.TokenIds.Length ? row.TokenIds[..k] : row.TokenIds;

            void CheckRows(FileInfo file, int added)
            {
                try
                {
                    RowsOptions.Check(loaded.Config, read, PromptOf, file, added);
                }
                catch (Llm360Exception e) when (longest >= loaded.Config.LongestSequence)
                {
                    throw new Llm360Exception(e.What, e.Where, "Take the beginning of each row as the prompt: -k 32.", e);
                }
            }

            void SayIfGreedy()
            {
                var idle = new Option[] { topK, topP, seed }.Where(o => parsed.GetResult(o) is { Implicit: false }).Select(o => o.Name)
                    .ToList();
                if (options.Temperature == 0 && idle.Count > 0)
                    screen.Warn($"{string.Join(" and ", idle)} has no effect: the temperature is 0, which takes the most probable "
                        + "token. Add --temperature 1.");
            }

            IReadOnlyList<IReadOnlyList<int>> Generate(IProgress<WorkProgress> progress) =>
                loaded.Generate(prompts, options, run: new(Progress: progress, Cancellation: cancellation));
        });
        return command;
    }

    private static Action<OptionResult> Number(Option<double> option, Func<double, bool> isRight, string what) => given =>
    {
        if (given.Tokens is [var token] && double.TryParse(token.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            && !isRight(value))
            given.AddError($"{option.Name} takes {what}, and {token.Value} is not one.");
    };

    private static void Stream(
        LanguageModel model, ITokenizer tokenizer, int[] prompt, GenerationOptions options, Screen screen, CancellationToken cancellation)
    {
        // Check before the first token is written.
        try
        {
            model.CheckTokens([prompt], options.MaxNewTokens);
        }
        catch (Llm360Exception e)
        {
            throw new Llm360Exception(e.What, "--prompt, --max-new-tokens", e.Remedy, e);
        }

        var decoder = tokenizer.StartDecoding(prompt);
        screen.Out.Write(tokenizer.Decode(prompt));
        try
        {
            model.Generate([prompt], options, Write, new(Cancellation: cancellation));
        }
        finally
        {
            // An error must begin on a new line.
            screen.Out.WriteLine(decoder.Flush());
        }

        void Write(int row, int token) => screen.Out.Write(options.StopTokens.Contains(token) ? "" : decoder.Push(token));
    }

    private static void Show(
        Screen screen,
        ITokenizer tokenizer,
        int[][] prompts,
        IReadOnlyList<IReadOnlyList<int>> generated,
        GenerationOptions options) =>
        screen.Result("continuations", ["row", "prompt", "new"], prompts.Select((p, i) =>
        {
            var decoder = tokenizer.StartDecoding(p);
            var text = string.Concat(generated[i].Where(t => !options.StopTokens.Contains(t)).Select(decoder.Push));
            return new[] { $"{i}", tokenizer.Decode(p), text + decoder.Flush() };
        }));
}
