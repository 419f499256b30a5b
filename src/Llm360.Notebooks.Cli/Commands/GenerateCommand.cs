// llm360 generate: continues prompts.
using System.CommandLine;
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
        var tokens = ModelOptions.RowsOption(required: false);
        var count = new Option<int?>("--max-new-tokens") { Description = "Tokens to generate at most (default: 256, or as many as the model's positions allow)." };
        var temperature = new Option<double>("--temperature") { Description = "0 takes the most probable token; above, tokens are drawn.", DefaultValueFactory = _ => 0 };
        var topK = new Option<int?>("--top-k") { Description = "Draw from the k most probable tokens." };
        var topP = new Option<double>("--top-p") { Description = "Draw from the most probable tokens that together reach this probability.", DefaultValueFactory = _ => 1 };
        var seed = new Option<int>("--seed") { Description = "Of the draws.", DefaultValueFactory = _ => 0 };
        var ignoreEnd = new Option<bool>("--ignore-eos") { Description = "Go on after the end token." };
        var bos = new Option<bool>("--bos") { Description = "Put the tokenizer's begin token before the text." };
        var json = new Option<bool>("--json") { Description = "Print {\"new\": [[ids] ...]}, an end token included." };
        var command = new Command("generate", "Continue a text, or many token sequences at once.") { prompt, tokens, count, temperature, topK, topP, seed, ignoreEnd, bos, json };
        model.AddTo(command);
        command.Validators.Add(given =>
        {
            if (given.GetValue(prompt) is null == given.GetValue(tokens) is null)
                given.AddError("Give either --prompt or --tokens.");
            if (given.GetValue(bos) && given.GetValue(tokens) is not null)
                given.AddError("--bos goes with --prompt; sequences of ids stay as they are.");
        });
        command.Run("Run it again.", async (parsed, screen, cancellation) =>
        {
            var checkpoint = model.Checkpoint(parsed);
            var wantsJson = parsed.GetValue(json);
            // Ids alone need no tokenizer.
            var tokenizer = parsed.GetValue(prompt) is not null || !wantsJson ? checkpoint.Tokenizer() : null;
            var rows = parsed.GetValue(tokens) is { } given ? ModelOptions.Rows(given, cancellation) : [];
            int[][] prompts = parsed.GetValue(prompt) is { } text ? [ModelOptions.Encode(tokenizer!, text, parsed.GetValue(bos), checkpoint)]
                : [.. rows.Select(PromptOf)];
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
            if (parsed.GetValue(tokens) is { } file)
                ModelOptions.Check(loaded, rows, PromptOf, file, options.MaxNewTokens);
            if (prompts.Length == 1 && !wantsJson)
            {
                Stream(loaded, tokenizer!, prompts[0], options, cancellation);
                return 0;
            }

            var generated = await screen.WatchAsync(progress => Task.Run(() => Generate(progress), cancellation)).ConfigureAwait(false);
            if (wantsJson)
                Console.Out.WriteLine(JsonSerializer.Serialize(new Dictionary<string, IReadOnlyList<IReadOnlyList<int>>> { ["new"] = generated }));
            else
                Show(screen, tokenizer!, prompts, generated, options);
            return 0;

            IReadOnlyList<IReadOnlyList<int>> Generate(IProgress<WorkProgress> progress) =>
                loaded.Generate(prompts, options, run: new(Progress: progress, Cancellation: cancellation));
        });
        return command;
    }

    private static int[] PromptOf(TokenRow row) => row.PromptLength is { } length ? row.TokenIds[..length] : row.TokenIds;

    private static void Stream(LanguageModel model, ITokenizer tokenizer, int[] prompt, GenerationOptions options, CancellationToken cancellation)
    {
        // Before the first word of an answer.
        model.CheckTokens([prompt], options.MaxNewTokens);
        var decoder = tokenizer.StartDecoding(prompt);
        Console.Out.Write(tokenizer.Decode(prompt));
        model.Generate([prompt], options, Write, new(Cancellation: cancellation));
        Console.Out.WriteLine(decoder.Flush());

        void Write(int row, int token) => Console.Out.Write(options.StopTokens.Contains(token) ? "" : decoder.Push(token));
    }

    private static void Show(Screen screen, ITokenizer tokenizer, int[][] prompts, IReadOnlyList<IReadOnlyList<int>> generated, GenerationOptions options) =>
        screen.Result("continuations", ["row", "prompt", "new"], prompts.Select((p, i) =>
        {
            var decoder = tokenizer.StartDecoding(p);
            return new[] { $"{i}", tokenizer.Decode(p), string.Concat(generated[i].Where(t => !options.StopTokens.Contains(t)).Select(decoder.Push)) + decoder.Flush() };
        }));
}
