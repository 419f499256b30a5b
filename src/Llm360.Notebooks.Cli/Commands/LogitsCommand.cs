// llm360 logits: writes a model's predictions at every position of given sequences.
using System.CommandLine;
using System.Globalization;
using TorchSharp;

namespace Llm360.Notebooks.Cli.Commands;

/// <summary>
/// <c>llm360 logits --model nano/36 --rows rows.jsonl --out logits.safetensors</c>
/// </summary>
internal static class LogitsCommand
{
    private const string Npy = ".npy";

    public static Command Create()
    {
        var model = new ModelOptions();
        var rows = new RowsOptions(required: true);
        var output = new OutputFile(required: true,
            "Where to write: row i gives the tensor logits.i, F32 [time, vocabulary]; as .npy one array [rows, time, vocabulary], for "
                + "rows of one length.",
            ".safetensors", Npy);
        var command = new Command("logits",
            "Write a model's logits at every position of given token sequences. A row of training data, one token longer than the "
                + "model's positions, is read without its last token.");
        rows.AddTo(command);
        command.Options.Add(output.Option);
        model.AddTo(command);
        command.Run("Run it again: the file is written whole or not at all.", async (parsed, screen, cancellation) =>
        {
            var path = output.Path(parsed)!;
            var (file, read) = (rows.File(parsed)!, rows.Read(parsed, cancellation));
            using var loaded = await model.LoadAsync(parsed, screen, cancellation).ConfigureAwait(false);
            RowsOptions.Check(loaded.Config, read, r => RowsOptions.Inputs(r, loaded.Config), file);
            int[][] inputs = [.. read.Select(r => RowsOptions.Inputs(r, loaded.Config))];
            if (OutputFile.Is(path, Npy) && inputs.Any(i => i.Length != inputs[0].Length))
                throw new Llm360Exception("An .npy file holds one array, and the rows have different lengths.", file.FullName,
                    "Name a file ending in .safetensors.");
            await screen.WatchAsync(progress => Task.Run(
                () =>
                {
                    using var inference = torch.inference_mode();
                    long[] ShapeOf(int[] row) => [row.Length, loaded.Config.VocabularySize];
                    torch.Tensor Make(int i)
                    {
                        cancellation.ThrowIfCancellationRequested();
                        var ids = torch.tensor(inputs[i].Select(t => (long)t).ToArray(), [1, inputs[i].Length], device: loaded.Device);
                        var logits = loaded.Logits(loaded.Forward(ids)).squeeze(0).to(torch.float32);
                        progress.Report(new WorkProgress("logits", i + 1, inputs.Length, "rows"));
                        return logits;
                    }

                    if (OutputFile.Is(path, Npy))
                        NpyWriter.Write(path, torch.float32, [inputs.Length, .. ShapeOf(inputs[0])], Make);
                    else
                        SafetensorsWriter.Write(path, [.. inputs.Select((r, i) => ($"logits.{i}", torch.float32, ShapeOf(r)))], Make);
                    return 0;
                },
                cancellation)).ConfigureAwait(false);
            screen.Say(string.Create(CultureInfo.InvariantCulture, $"{inputs.Length} rows: {path}"));
            return 0;
        });
        return command;
    }
}
