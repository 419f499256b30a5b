// Gradients of single rows by the hand-written CPU pass of LLaMA.
using System.Collections.Concurrent;
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>
/// The same as <see cref="AutogradRowGradients"/>, for models that
/// <see cref="CpuGradients.IsSupported"/> accepts.
/// </summary>
/// <remarks>
/// Weights are copied and transposed once, in the constructor. Threads compute different rows, so
/// their number changes no bit. Rows are computed in batches of one row per thread, or eight if
/// gradients are projected, but of no more than fit in 2 GB.
/// </remarks>
internal sealed class CpuRowGradients : IRowGradients
{
    private const long MostResultBytes = 2L << 30;
    private const int ProjectedRowsAThread = 8;
    private readonly GradientOptions options;
    private readonly ParameterBuffer weights;
    private readonly PaddedLayout layout;
    private readonly PackedWeights packed;
    private readonly Rotary rotary;
    private readonly ParallelOptions parallel;
    private readonly Lazy<PaddedProjections> projections;
    private readonly ConcurrentBag<Worker> idle = [];

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
            foreach (var (gradient, wrong) in Compute(rows, form, begin, Math.Min(atOnce, rows.Count - begin)))
                yield return gradient.Checked(wrong);
        }
    }

    public void Dispose()
    {
        foreach (var worker in idle)
            worker.Dispose();
        if (projections.IsValueCreated)
            projections.Value.Dispose();
        packed.Dispose();
        rotary.Dispose();
        weights.Dispose();
    }

    private (RowGradient Gradient, string? Wrong)[] Compute(IReadOnlyList<int[]> rows, GradientForm form, int begin, int count)
    {
        var longest = rows.Skip(begin).Take(count).Max(r => r.Length);
        var results = new (RowGradient, string?)[count];
        Parallel.For(0, count, parallel, Start, (i, _, worker) =>
        {
            using var limit = OperatorThreads.LimitToOne();
            var gradient = Compute(worker.Pass, worker.Sinks[form], begin + i, rows[begin + i], form);
            results[i] = (gradient, gradient.NotFinite());
            return worker;
        }, idle.Add);
        return results;

        Worker Start()
        {
            var worker = idle.TryTake(out var known) ? known : new Worker(new SequencePass(layout, packed, rotary, longest));
            worker.Pass.Reserve(longest);
            if (!worker.Sinks.ContainsKey(form))
                worker.Sinks.Add(form, NewSink(form));
            return worker;
        }
    }

    private RowGradient Compute(SequencePass pass, IRowSink sink, int number, int[] row, GradientForm form)
    {
        var scale = options.LossScale(row.Length);
        // The last token predicts nothing. Only the factors include its inputs, if it has a
        // position.
        var inputs = form == GradientForm.Factors && row.Length <= layout.Config.LongestSequence ? row : row.AsSpan(0, row.Length - 1);
        sink.Begin(row.Length);
        var loss = pass.Run(inputs, row.AsSpan(1), (float)scale, sink, options.IsMargin);
        return new RowGradient(number, form, loss * scale, sink.Take());
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

    // A full gradient is in memory twice: summed in the padded layout, and as the result.
    private int AtOnce(IReadOnlyList<int[]> rows, GradientForm form)
    {
        var bytes = sizeof(float) * form switch
        {
            GradientForm.Full => 2 * layout.Count,
            GradientForm.Factors => LinearLayer.Of(layout.Config).Sum(l => l.Inputs + l.Outputs) * rows.Max(r => (long?)r.Length) ?? 0,
            _ => (long)layout.Slices.Count * projections.Value.Width * projections.Value.Width,
        };
        var most = parallel.MaxDegreeOfParallelism * (form == GradientForm.Projected ? ProjectedRowsAThread : 1);
        return (int)Math.Clamp(MostResultBytes / Math.Max(bytes, 1), 1, most);
    }

    /// <summary>The state of one thread.</summary>
    private sealed record Worker(SequencePass Pass) : IDisposable
    {
        public Dictionary<GradientForm, IRowSink> Sinks { get; } = [];

        public void Dispose()
        {
            Pass.Dispose();
            foreach (var sink in Sinks.Values)
                sink.Dispose();
        }
    }
}
