// llm360 perplexity: measures how well a model predicts a text or token rows.
using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Llm360.Notebooks.Cli.Terminal;

namespace Llm360.Notebooks.Cli.Commands;

/// <summary>
/// <c>llm360 perplexity --model nano/36 --text file.txt</c>, or <c>--rows validation.jsonl</c>
/// </summary>
internal static class PerplexityCommand
{
    private static readonly string[] RowExtensions = [".jsonl", ".ndjson"];

    public static Command Create()
    {
        var model = new ModelOptions();
        var text = new Option<FileInfo?>("--text") { Description = "A text file, UTF-8.", HelpName = "file.txt" };
        var rows = new RowsOptions(required: false);
        var window = new Option<int?>("--window") { Description = "With --text: tokens a window (default: the model's positions)." };
        var stride = new Option<int?>("--stride") { Description = "With --text: tokens from window to window. Each token is counted "
            + "once, in the first window that contains it (default: 512, or half a window)." };
        var bos = new Option<bool>("--bos") { Description = "With --text: put the tokenizer's begin token first." };
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var command = new Command("perplexity", "Measure a model's perplexity on a text, in overlapping windows, or on token rows, each "
            + "alone. The first token of a text or row is not predicted.") { text };
        rows.AddTo(command);
        foreach (var option in new Option[] { window, stride, bos, json })
            command.Options.Add(option);
        model.AddTo(command);
        window.Validators.Add(ModelOptions.From(window, 2));
        stride.Validators.Add(ModelOptions.AtLeastOne(stride));
        command.Validators.Add(given =>
        {
            if (given.GetValue(text) is null == rows.File(given) is null)
                given.AddError("Give either --text or --rows.");
            if (given.GetValue(text) is { } file && RowExtensions.Contains(file.Extension.ToLowerInvariant()))
                given.AddError($"--text takes plain text, and {file.Name} holds token rows. Write --rows {file.Name}.");
        });
        command.Run("Run it again.", async (parsed, screen, cancellation) =>
        {
            var (result, bits) = rows.File(parsed) is { } file
                ? await OfRowsAsync(model, parsed, file, rows.Read(parsed, cancellation), screen, cancellation).ConfigureAwait(false)
                : await OfTextAsync().ConfigureAwait(false);
            if (parsed.GetValue(json))
                screen.Out.WriteLine(Json(result, bits));
            else
                screen.Result(string.Create(CultureInfo.InvariantCulture,
                    $"perplexity {result.Perplexity:0.0000}, loss {result.Loss:0.00000} nats a token over {result.Tokens:n0} "
                    + $"tokens{(bits is null ? "" : $", {bits:0.0000} bits a byte")}"));
            return 0;

            async Task<(PerplexityResult Result, double? BitsPerByte)> OfTextAsync()
            {
                var path = parsed.GetValue(text)!.FullName;
                if (!File.Exists(path))
                    throw new Llm360Exception("There is no such text.", path, "Name a UTF-8 text file.");
                var content = await File.ReadAllTextAsync(path, cancellation).ConfigureAwait(false);
                var tokenizer = model.Checkpoint(parsed).Tokenizer();
                var tokens = ModelOptions.Encode(tokenizer, content, parsed.GetValue(bos), model.Checkpoint(parsed));
                using var loaded = await model.LoadAsync(parsed, screen, cancellation).ConfigureAwait(false);
                var result = await screen.WatchAsync(progress => Task.Run(() => loaded.Perplexity(
                    tokens, parsed.GetValue(window), parsed.GetValue(stride), new(Progress: progress, Cancellation: cancellation)),
                        cancellation))
                    .ConfigureAwait(false);
                return (result, result.Loss / Math.Log(2) * result.Tokens / Encoding.UTF8.GetByteCount(content));
            }
        });
        return command;
    }

    private static async Task<(PerplexityResult Result, double? BitsPerByte)> OfRowsAsync(
        ModelOptions model, ParseResult parsed, FileInfo file, IReadOnlyList<TokenRow> rows, Screen screen, CancellationToken cancellation)
    {
        if (rows.Index().FirstOrDefault(r => r.Item.TokenIds.Length < 2) is { Item: not null } tooShort)
            throw new Llm360Exception("A row of fewer than two tokens predicts nothing.", Place(tooShort.Index),
                "Give at least two tokens.");
        using var loaded = await model.LoadAsync(parsed, screen, cancellation).ConfigureAwait(false);
        List<TokenRequest> requests = [.. rows.Select(r => new TokenRequest(r.TokenIds[..1], r.TokenIds[1..]))];
        var scores = await screen.WatchAsync(progress => Task.Run(() => RequestScoring.Score(
            loaded, requests, new ScoringOptions(), Place,
            (done, all) => progress.Report(new WorkProgress("perplexity", done, all, "rows")), cancellation), cancellation))
                .ConfigureAwait(false);
        var tokens = requests.Sum(r => r.Continuation.Length);
        return (new PerplexityResult(tokens, -scores.Sum(s => s.LogLikelihood) / tokens), null);

        string Place(int row) => FormattableString.Invariant($"{file.FullName}, row {row} (counted from 0)");
    }

    private static string Json(PerplexityResult result, double? bits) => bits is null
        ? JsonSerializer.Serialize(new { perplexity = result.Perplexity, loss = result.Loss, tokens = result.Tokens })
        : JsonSerializer.Serialize(new { perplexity = result.Perplexity, loss = result.Loss, tokens = result.Tokens,
            bits_per_byte = bits });
}
