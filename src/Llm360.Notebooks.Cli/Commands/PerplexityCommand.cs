// llm360 perplexity: how well a model predicts a text.
using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Llm360.Notebooks.Cli.Commands;

/// <summary><c>llm360 perplexity --model nano/36 --text file.txt</c></summary>
internal static class PerplexityCommand
{
    public static Command Create()
    {
        var model = new ModelOptions();
        var text = new Option<FileInfo>("--text") { Description = "A text file, UTF-8.", Required = true };
        var window = new Option<int?>("--window") { Description = "Tokens a window (default: the model's positions)." };
        var stride = new Option<int?>("--stride") { Description = "Tokens from window to window; of each, only tokens count that no earlier one has reached (default: 512, or half a window)." };
        var bos = new Option<bool>("--bos") { Description = "Put the tokenizer's begin token first." };
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var command = new Command("perplexity", "Measure a model's perplexity on a text, in overlapping windows; every token but the first counts once.") { text, window, stride, bos, json };
        model.AddTo(command);
        command.Run("Run it again.", async (parsed, screen, cancellation) =>
        {
            var file = parsed.GetValue(text)!.FullName;
            if (!File.Exists(file))
                throw new Llm360Exception("There is no such text.", file, "Name a UTF-8 text file.");
            var content = await File.ReadAllTextAsync(file, cancellation).ConfigureAwait(false);
            var tokenizer = model.Checkpoint(parsed).Tokenizer();
            var tokens = ModelOptions.Encode(tokenizer, content, parsed.GetValue(bos), model.Checkpoint(parsed));
            using var loaded = await model.LoadAsync(parsed, screen, cancellation).ConfigureAwait(false);
            var result = await screen.WatchAsync(progress => Task.Run(() => Measure(progress), cancellation)).ConfigureAwait(false);
            var bitsPerByte = result.Loss / Math.Log(2) * result.Tokens / Encoding.UTF8.GetByteCount(content);
            if (parsed.GetValue(json))
                Console.Out.WriteLine(JsonSerializer.Serialize(new { perplexity = result.Perplexity, loss = result.Loss, tokens = result.Tokens, bits_per_byte = bitsPerByte }));
            else
                screen.Result(string.Create(CultureInfo.InvariantCulture, $"perplexity {result.Perplexity:0.0000}, loss {result.Loss:0.00000} nats a token over {result.Tokens:n0} tokens, {bitsPerByte:0.0000} bits a byte"));
            return 0;

            PerplexityResult Measure(IProgress<WorkProgress> progress) => loaded.Perplexity(
                tokens, parsed.GetValue(window), parsed.GetValue(stride), new(Progress: progress, Cancellation: cancellation));
        });
        return command;
    }
}
