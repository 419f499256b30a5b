// Fast gradients on a CPU: hand-written forward and backward passes of LLaMA on several threads.

namespace Llm360.Notebooks;

/// <summary>
/// Loss and gradients in float32, the same mathematics as <see cref="AutogradGradients"/>.
/// </summary>
/// <remarks>
/// The rows of a batch form groups of neighbours. Each group sums its rows' gradients in order, and
/// the groups are added in order.
/// Threads only divide the groups among them. Neither their number nor their scheduling changes a
/// bit of the result.
/// Each group has a buffer of the parameters' size until it is added. The buffers take at most 256
/// MB, but there is at least one per thread.
/// If there are more groups than buffers, the groups are computed in rounds, which changes no bit
/// either.
/// A thread also needs about (layers + 1) x (6 hidden + 2 mlp) floats for each token of a row, and
/// the logits of 64 positions.
/// All threads share the transposed weights.
/// </remarks>
internal sealed unsafe class CpuGradients : IGradients
{
    private const int BlockLength = 1 << 15;
    private const long MostSumsBytes = 256L << 20;
    private readonly PaddedLayout layout;
    private readonly PackedWeights packed;
    private readonly Rotary rotary;
    private readonly ParallelOptions options;
    private readonly AlignedFloats? paddedSum;
    private readonly List<SequencePass> workers = [];
    private readonly List<GradientSum> sinks = []; // one for each worker
    private readonly List<AlignedFloats> sums = []; // one for each group of a round
    private readonly PartTimes gathering = new();
    private readonly int groups;
    private readonly long sumsBytes;

    /// <summary>
    /// Prepares to compute gradients with these weights, which are read again in every call.
    /// </summary>
    /// <param name="weights">The weights.</param>
    /// <param name="groups">
    /// Number of groups of a batch's rows; a batch of fewer rows has one row per group.
    /// </param>
    /// <param name="threads">
    /// Worker threads; null for <see cref="LibTorch.Threads"/>. At most one per group is used.
    /// </param>
    /// <param name="sumsBytes">
    /// Memory for the sums of groups; there is at least one sum per thread.
    /// </param>
    public CpuGradients(ParameterBuffer weights, int groups, int? threads = null, long sumsBytes = MostSumsBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(groups, 1);
        Threads = threads ?? LibTorch.Threads;
        ArgumentOutOfRangeException.ThrowIfLessThan(Threads, 1, nameof(threads));
        if (!IsSupported(weights.Config))
            throw new ArgumentException("The configuration is not supported; ask IsSupported first.", nameof(weights));
        (this.groups, this.sumsBytes) = (groups, sumsBytes);
        layout = new PaddedLayout(weights.Config);
        packed = new PackedWeights(layout, weights);
        var table = new RotaryTable(weights.Config, weights.Config.MaximumLength);
        rotary = new Rotary(table.Cos, table.Sin, layout.Heads);
        paddedSum = layout.IsPlain ? null : new AlignedFloats(layout.Count);
        options = new ParallelOptions { MaxDegreeOfParallelism = Threads };
    }

    /// <summary>Number of threads.</summary>
    public int Threads { get; }

    /// <summary>Time spent so far in each part, summed over the workers.</summary>
    public IReadOnlyDictionary<StepPart, double> Seconds => Enum.GetValues<StepPart>().ToDictionary(
        p => p,
        p => workers.Sum(w => w.Times.Seconds(p)) + (p == StepPart.Gathering ? Threads * gathering.Seconds(p) : 0));

    /// <summary>
    /// Whether this pass supports a model: whole groups of heads, an even head dimension, no
    /// biases.
    /// </summary>
    public static bool IsSupported(LlamaConfig config) =>
        config is { AttentionBias: false, MlpBias: false, KeyValueHeads: > 0 }
        && config.Heads % config.KeyValueHeads == 0 && config.HeadDimension % 2 == 0;

    public double Compute(ReadOnlySpan<int> tokens, int length, ParameterBuffer gradients)
    {
        var rows = Prepare(tokens, length);
        int count = Math.Min(groups, rows), used = Math.Min(Threads, count);
        var atOnce = Math.Min(count, Math.Max(used, (int)Math.Min(groups, sumsBytes / (layout.Count * sizeof(float)))));
        Reserve(used, length - 1, atOnce);
        var lossScale = 1f / (rows * (length - 1));
        var losses = new double[rows];
        var total = paddedSum is null ? gradients.Data : paddedSum.Data;
        fixed (int* first = tokens)
        {
            var at = (nint)first; // a lambda cannot capture a pinned pointer; this one ends before the pin
            for (var begin = 0; begin < count; begin += atOnce)
            {
                var (from, end, next) = (begin, Math.Min(begin + atOnce, count), begin - 1);
                Parallel.For(0, used, options, w =>
                {
                    for (int group; (group = Interlocked.Increment(ref next)) < end;)
                    {
                        var (worker, sink) = (workers[w], sinks[w]);
                        worker.Times.Start();
                        sink.Begin(sums[group - from].Data);
                        worker.Times.Add(StepPart.Gathering);
                        for (var row = FirstRow(group); row < FirstRow(group + 1); row++)
                        {
                            var ids = new ReadOnlySpan<int>((int*)at + ((nint)row * length), length);
                            losses[row] = worker.Run(ids[..^1], ids[1..], lossScale, sink);
                        }
                    }
                });
                Gather((nint)total, end - from, isFirst: from == 0);
            }
        }

        if (paddedSum is not null)
        {
            foreach (var place in layout.Slices)
                PackedWeights.CopyRows(place, gradients[place.Name], total + place.Offset, toPadded: false);
        }

        return losses.Sum() / (rows * (length - 1.0));

        int FirstRow(int group) => (int)((long)rows * group / count);
    }

    public double Loss(ReadOnlySpan<int> tokens, int length)
    {
        var rows = Prepare(tokens, length);
        var used = Math.Min(Threads, rows);
        Reserve(used, length - 1, atOnce: 0);
        var losses = new double[rows];
        fixed (int* first = tokens)
        {
            var at = (nint)first;
            Parallel.For(0, used, options, w =>
            {
                for (var row = w; row < rows; row += used)
                    losses[row] = workers[w].Loss(new ReadOnlySpan<int>((int*)at + ((nint)row * length), length));
            });
        }

        return losses.Sum() / (rows * (length - 1.0));
    }

    public void Dispose()
    {
        foreach (var worker in workers)
            worker.Dispose();
        foreach (var sum in sums)
            sum.Dispose();
        paddedSum?.Dispose();
        packed.Dispose();
        rotary.Dispose();
    }

    // Checks the batch and reads the current weights; returns the number of rows.
    private int Prepare(ReadOnlySpan<int> tokens, int length)
    {
        Check(tokens, length);
        gathering.Start();
        packed.Refresh(options);
        gathering.Add(StepPart.Gathering);
        return tokens.Length / length;
    }

    private void Reserve(int threads, int tokens, int atOnce)
    {
        while (workers.Count < threads)
        {
            workers.Add(new SequencePass(layout, packed, rotary, tokens));
            sinks.Add(new GradientSum(layout));
        }

        while (sums.Count < atOnce)
            sums.Add(new AlignedFloats(layout.Count));
        foreach (var worker in workers)
            worker.Reserve(tokens);
    }

    // Adds the sums of some groups in order to those of the groups before them.
    private void Gather(nint total, int count, bool isFirst)
    {
        gathering.Start();
        Parallel.For(0, (int)((layout.Count + BlockLength - 1) / BlockLength), options, piece =>
        {
            long start = (long)piece * BlockLength, length = Math.Min(BlockLength, layout.Count - start);
            var to = (float*)total + start;
            if (isFirst)
                Buffer.MemoryCopy(sums[0].Data + start, to, length * sizeof(float), length * sizeof(float));
            for (var i = isFirst ? 1 : 0; i < count; i++)
                VectorMath.Add(to, sums[i].Data + start, (int)length);
        });
        gathering.Add(StepPart.Gathering);
    }

    private void Check(ReadOnlySpan<int> tokens, int length)
    {
        var config = layout.Config;
        if (length < 2 || tokens.Length < length || tokens.Length % length != 0)
        {
            throw new Llm360Exception(
                $"{tokens.Length} tokens are not whole rows of {length} (at least 2).", "batch",
                "Give rows of one length: the inputs and one token more.");
        }

        if (length - 1 > config.MaximumLength)
        {
            throw new Llm360Exception(
                $"A sequence of {length - 1} tokens is longer than the model's {config.MaximumLength} positions.", "tokens",
                "Give shorter sequences.");
        }

        for (var i = 0; i < tokens.Length; i++)
        {
            if ((uint)tokens[i] >= (uint)config.VocabularySize)
            {
                throw new Llm360Exception(
                    $"Token id {tokens[i]} is not in the vocabulary of {config.VocabularySize}.",
                    $"batch, row {i / length}, position {i % length}", "Use the tokenizer that belongs to the model.");
            }
        }
    }
}
