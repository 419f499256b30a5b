// llm360 gradients: the gradient of the loss of given sequences by every parameter.
using System.CommandLine;
using System.Globalization;
using TorchSharp;

namespace Llm360.Notebooks.Cli.Commands;

/// <summary>
/// <c>llm360 gradients --model nano/36 --rows rows.jsonl --out gradients.safetensors</c>
/// </summary>
internal static class GradientsCommand
{
    public static Command Create()
    {
        var model = new ModelOptions();
        var chosen = new RowsOptions(required: true);
        var output = new OutputFile(
            required: true, "Where to write; row i gives a tensor row.i.PARAMETER, F32, for each parameter.", ".safetensors");
        var factors = new Option<bool>("--factors")
        {
            Description = "Also write row.i.LAYER.input and row.i.LAYER.output_gradient of every linear layer, F32 [time, width].",
        };
        var mean = new Option<bool>("--mean")
        {
            Description = "Divide the loss of a row by its number of predictions (default: their sum).",
        };
        var command = new Command("gradients", "Write the gradient of the loss of each token sequence, in nats, by every parameter.");
        chosen.AddTo(command);
        foreach (var option in new Option[] { output.Option, factors, mean })
            command.Options.Add(option);
        model.AddTo(command);
        command.Run("Run it again: the file is written whole or not at all.", async (parsed, screen, cancellation) =>
        {
            var path = output.Path(parsed)!;
            var file = chosen.File(parsed)!;
            var read = chosen.Read(parsed, cancellation);
            int[][] rows = [.. read.Select(r => r.TokenIds)];
            if (Array.FindIndex(rows, r => r.Length < 2) is var tooShort and >= 0)
            {
                throw new Llm360Exception(
                    "A row of fewer than two tokens predicts nothing, so it has no gradient.",
                    $"{file.FullName}, row {tooShort} (counted from 0)",
                    "Give at least two tokens.");
            }

            using var loaded = await model.LoadAsync(parsed, screen, cancellation).ConfigureAwait(false);
            RowsOptions.Check(loaded.Config, read, r => RowsOptions.Inputs(r, loaded.Config), file);
            var options = new GradientOptions { Reduction = parsed.GetValue(mean) ? LossReduction.Mean : LossReduction.Sum };
            await screen.WatchAsync(progress => Task.Run(
                () =>
                {
                    using var work = AmbientWork.Begin(progress, cancellation);
                    using var gradients = new RowTensors(loaded, rows, options, parsed.GetValue(factors));
                    var metadata = new Dictionary<string, string> { ["loss"] = options.Reduction == LossReduction.Mean ? "mean" : "sum" };
                    SafetensorsWriter.Write(path, gradients.Tensors, gradients.Make, metadata);
                    return 0;
                },
                cancellation)).ConfigureAwait(false);
            screen.Say(string.Create(CultureInfo.InvariantCulture, $"{rows.Length} rows: {path}"));
            return 0;
        });
        return command;
    }

    /// <summary>
    /// All tensors of the file. The tensors of a row are computed when the first of them is
    /// written.
    /// </summary>
    private sealed class RowTensors : IDisposable
    {
        private readonly IRowGradients engine;
        private readonly List<IEnumerator<RowGradient>> forms = [];
        private readonly List<(int Row, string Name)> names = [];
        private readonly int rows;
        private int current = -1;

        public RowTensors(LanguageModel model, int[][] rows, GradientOptions options, bool factors)
        {
            this.rows = rows.Length;
            engine = RowGradientEngine.For(model, options);
            forms.Add(engine.Compute(rows, GradientForm.Full).GetEnumerator());
            if (factors)
                forms.Add(engine.Compute(rows, GradientForm.Factors).GetEnumerator());
            var norms = LinearLayer.NormParameters(model.Config).Select(n => n.Name).ToHashSet(); // in the full gradient already
            foreach (var (i, row) in rows.Index())
            {
                var added = LinearLayer.FactorShapes(model.Config, row.Length).Where(f => factors && !norms.Contains(f.Name));
                foreach (var (name, shape) in model.Config.Parameters().Concat(added))
                {
                    names.Add((i, name));
                    Tensors.Add(($"row.{i}.{name}", torch.float32, shape));
                }
            }
        }

        public List<(string Name, torch.ScalarType Type, long[] Shape)> Tensors { get; } = [];

        public torch.Tensor Make(int number)
        {
            var (row, name) = names[number];
            while (current < row)
            {
                foreach (var form in forms)
                {
                    if (current >= 0)
                        form.Current.Dispose();
                    form.MoveNext();
                }

                AmbientWork.Progress?.Report(new WorkProgress("gradients", ++current + 1, rows, "rows"));
            }

            return forms.First(f => f.Current.Tensors.ContainsKey(name)).Current.Tensors[name].alias();
        }

        public void Dispose()
        {
            foreach (var form in forms)
                form.Dispose();
            engine.Dispose();
        }
    }
}
