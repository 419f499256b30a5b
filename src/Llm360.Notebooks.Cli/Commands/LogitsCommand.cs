// llm360 logits: what a model predicts at every position of given sequences.
using System.CommandLine;
using System.Globalization;
using TorchSharp;

namespace Llm360.Notebooks.Cli.Commands;

/// <summary><c>llm360 logits --model nano/36 --tokens rows.jsonl --out logits.safetensors</c></summary>
internal static class LogitsCommand
{
    public static Command Create()
    {
        var model = new ModelOptions();
        var tokens = ModelOptions.RowsOption(required: true);
        var output = new Option<FileInfo>("--out", "-o") { Description = "Where to write; row i gives the tensor logits.i, F32 [time, vocabulary].", Required = true };
        var command = new Command("logits", "Write a model's logits at every position of given token sequences.") { tokens, output };
        model.AddTo(command);
        command.Run("Run it again: the file is written whole or not at all.", async (parsed, screen, cancellation) =>
        {
            var path = ModelOptions.Output(parsed.GetValue(output)!);
            var rows = ModelOptions.Rows(parsed.GetValue(tokens)!, cancellation);
            using var loaded = await model.LoadAsync(parsed, screen, cancellation).ConfigureAwait(false);
            ModelOptions.Check(loaded, rows, r => r.TokenIds, parsed.GetValue(tokens)!);
            await screen.WatchAsync(progress => Task.Run(
                () =>
                {
                    using var inference = torch.inference_mode();
                    SafetensorsWriter.Write(path, [.. rows.Select((r, i) => ($"logits.{i}", torch.float32, new long[] { r.TokenIds.Length, loaded.Config.VocabularySize }))], i =>
                    {
                        cancellation.ThrowIfCancellationRequested();
                        var ids = torch.tensor(rows[i].TokenIds.Select(t => (long)t).ToArray(), [1, rows[i].TokenIds.Length], device: loaded.Device);
                        var logits = loaded.Logits(loaded.Forward(ids)).squeeze(0).to(torch.float32);
                        progress.Report(new WorkProgress("logits", i + 1, rows.Count, "rows"));
                        return logits;
                    });
                    return 0;
                },
                cancellation)).ConfigureAwait(false);
            screen.Say(string.Create(CultureInfo.InvariantCulture, $"{rows.Count} rows: {path}"));
            return 0;
        });
        return command;
    }
}
