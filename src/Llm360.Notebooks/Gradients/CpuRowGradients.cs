// Gradients of single rows by the hand-written CPU pass for LLaMA.
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>
/// The same as <see cref="AutogradRowGradients"/>, for models that
/// <see cref="CpuGradients.IsSupported"/> admits.
/// </summary>
/// <remarks>
/// Weights are copied and transposed once, when this is made. Threads compute different rows, so
/// their number changes no bit. Several threads are used only while the results they hold fit in
/// 2 GB.
/// </remarks>
internal sealed class CpuRowGradients : IRowGradients
{
    private const long MostResultBytes = 2L << 30;
    private readonly GradientOptions options;
    private readonly ParameterBuffer weights;
    private readonly PaddedLayout layout;
    private readonly PackedWeights packed;
    private readonly Rotary rotary;
    private readonly ParallelOptions parallel;
    private readonly Lazy<PaddedProjections> projections;
    private readonly List<SequencePass> passes = [];
    private readonly Dictionary<(GradientForm Form, int Worker), IRowSink> sinks = [];

    public CpuRowGradients(LanguageModel model, GradientOptions options, int? threads = null)
    {
        this.options = options;
        var config = (LlamaConfig)model.Config;
        weights = new ParameterBuffer(config);
        using (torch.no_grad())
        {
            foreach (var (name, view) in weights.Views)
                view.copy_(model.Parameters[name]);
        }

        layout = new PaddedLayout(config);
        packed = new PackedWeights(layout, weights);
        parallel = new ParallelOptions { MaxDegreeOfParallelism = threads ?? LibTorch.Threads };
        packed.Refresh(parallel);
        var table = new RotaryTable(config, config.MaximumLength);
        rotary = new Rotary(table.Cos, table.Sin, layout.Heads);
        projections = new(() => new PaddedProjections(layout, options));
    }

    public IEnumerable<RowGradient> Compute(IReadOnlyList<int[]> rows, GradientForm form)
    {
        var atOnce = AtOnce(rows, form);
        for (var begin = 0; begin < rows.Count; begin += atOnce)
        {
            AmbientWork.Cancellation.ThrowIfCancellationRequested();
            foreach (var result in Compute(rows, form, begin, Math.Min(atOnce, rows.Count - begin)))
                yield return result.Checked();
        }
    }

    public void Dispose()
    {
        foreach (var pass in passes)
            pass.Dispose();
        foreach (var sink in sinks.Values)
            sink.Dispose();
        if (projections.IsValueCreated)
            projections.Value.Dispose();
        packed.Dispose();
        rotary.Dispose();
        weights.Dispose();
    }

    private RowGradient[] Compute(IReadOnlyList<int[]> rows, GradientForm form, int begin, int count)
    {
        var longest = rows.Skip(begin).Take(count).Max(r => r.Length);
        for (var i = 0; i < count; i++)
        {
            if (i == passes.Count)
                passes.Add(new SequencePass(layout, packed, rotary, longest));
            passes[i].Reserve(longest);
            if (!sinks.ContainsKey((form, i)))
                sinks.Add((form, i), NewSink(form));
        }

        var results = new RowGradient[count];
        Parallel.For(0, count, parallel, i =>
        {
            var (row, sink) = (rows[begin + i], sinks[(form, i)]);
            var scale = options.LossScale(row.Length);
            // The last token predicts nothing. Only factors have its inputs, if there is a
            // position.
            var inputs = form == GradientForm.Factors && row.Length <= layout.Config.LongestSequence ? row : row.AsSpan(0, row.Length - 1);
            sink.Begin(row.Length);
            var loss = passes[i].Run(inputs, row.AsSpan(1), (float)scale, sink, options.IsMargin);
            results[i] = new RowGradient(begin + i, form, loss * scale, sink.Take());
        });
        return results;
    }

    private IRowSink NewSink(GradientForm form)
    {
        var parameters = options.BlocksOnly ? layout.BlockSlices() : layout.Slices;
        IRowSink sink = form switch
        {
            GradientForm.Full => new FullRowSink(layout, parameters),
            GradientForm.Factors => new FactorSink(layout, hasNorms: !options.BlocksOnly),
            _ => new ProjectedSink(layout, projections.Value, parameters),
        };
        return options.BlocksOnly ? new BlockSink(sink, layout) : sink;
    }

    // A full gradient is held twice: summed in the padded layout, and as the result.
    private int AtOnce(IReadOnlyList<int[]> rows, GradientForm form)
    {
        var bytes = sizeof(float) * form switch
        {
            GradientForm.Full => 2 * layout.Count,
            GradientForm.Factors => LinearLayer.Of(layout.Config).Sum(l => l.Inputs + l.Outputs) * rows.Max(r => (long?)r.Length) ?? 0,
            _ => (long)layout.Slices.Count * projections.Value.Width * projections.Value.Width,
        };
        return (int)Math.Clamp(MostResultBytes / Math.Max(bytes, 1), 1, parallel.MaxDegreeOfParallelism);
    }
}
