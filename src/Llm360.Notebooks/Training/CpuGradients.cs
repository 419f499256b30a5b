// The fast way to the gradient on a CPU: LLaMA's forward and backward pass by hand, sequences shared out among threads.
using Llm360.Notebooks.Models;
using Llm360.Notebooks.Models.Cpu;
using Llm360.Notebooks.Torch;
using Llm360.Notebooks.Training.Cpu;

namespace Llm360.Notebooks.Training;

/// <summary>Loss and gradients in float32, the same mathematics as <see cref="AutogradGradients"/>.</summary>
/// <remarks>
/// Each worker takes every n-th row and sums its rows' gradients in a buffer of its own; the buffers are added in order. So the result depends on the number of
/// threads, but not on how they are scheduled: at a given number it is the same to the last bit.
/// A worker's memory is the parameters once (gradients) plus, for each token of a row, about (layers + 1) x (6 hidden + 2 mlp) floats and for 64 positions the logits:
/// 12 MB for the embedded suite's model. All workers share the transposed weights.
/// </remarks>
internal sealed unsafe class CpuGradients : IGradients
{
    private const int Piece = 1 << 15;
    private readonly PaddedLayout layout;
    private readonly PackedWeights packed;
    private readonly Rotary rotary;
    private readonly ParallelOptions options;
    private readonly List<SequencePass> workers = [];
    private readonly PartTimes gathering = new();

    /// <summary>Prepares to compute gradients by these weights, which are read anew at every call.</summary>
    /// <param name="weights">The weights.</param>
    /// <param name="threads">Worker threads; null for those of <see cref="LibTorch.Threads"/>.</param>
    public CpuGradients(ParameterBuffer weights, int? threads = null)
    {
        Threads = threads ?? LibTorch.Threads;
        ArgumentOutOfRangeException.ThrowIfLessThan(Threads, 1, nameof(threads));
        if (!IsSupported(weights.Config))
            throw new ArgumentException("The configuration is not supported; ask IsSupported first.", nameof(weights));
        layout = new PaddedLayout(weights.Config);
        packed = new PackedWeights(layout, weights);
        rotary = new Rotary(weights.Config, layout.Head);
        options = new ParallelOptions { MaxDegreeOfParallelism = Threads };
    }

    /// <summary>Number of threads.</summary>
    public int Threads { get; }

    /// <summary>Time spent so far in each part, summed over the workers.</summary>
    public IReadOnlyDictionary<StepPart, double> Seconds => Enum.GetValues<StepPart>().ToDictionary(p => p, p => workers.Sum(w => w.Times.Seconds(p)) + (p == StepPart.Gathering ? Threads * gathering.Seconds(p) : 0));

    /// <summary>Whether a model can be trained here: heads in whole groups, halves of heads to turn.</summary>
    public static bool IsSupported(LlamaConfig config) => config.Heads % config.KeyValueHeads == 0 && config.HeadDimension % 2 == 0;

    public double Compute(ReadOnlySpan<int> tokens, int length, ParameterBuffer gradients)
    {
        Check(tokens, length);
        int rows = tokens.Length / length, used = Math.Min(Threads, rows);
        while (workers.Count < used)
            workers.Add(new SequencePass(layout, packed, rotary, length - 1));
        gathering.Start();
        packed.Refresh(options);
        gathering.Add(StepPart.Gathering);

        var share = 1f / (rows * (length - 1));
        var losses = new double[used];
        fixed (int* first = tokens)
        {
            var at = (nint)first; // a lambda cannot hold a pinned pointer, and outlives nothing here
            Parallel.For(0, used, options, w =>
            {
                workers[w].Begin(length - 1);
                for (var row = w; row < rows; row += used)
                    losses[w] += workers[w].Run(new ReadOnlySpan<int>((int*)at + ((nint)row * length), length), share);
            });
        }

        gathering.Start();
        Gather(gradients, used);
        gathering.Add(StepPart.Gathering);
        return losses.Sum() / (rows * (length - 1.0));
    }

    public void Dispose()
    {
        foreach (var worker in workers)
            worker.Dispose();
        packed.Dispose();
        rotary.Dispose();
    }

    // The workers' sums, added in order.
    private void Gather(ParameterBuffer gradients, int used)
    {
        var total = layout.IsPlain ? gradients.Data : workers[0].Gradients;
        Parallel.For(0, (int)((layout.Count + Piece - 1) / Piece), options, piece =>
        {
            long start = (long)piece * Piece, length = Math.Min(Piece, layout.Count - start);
            if (total != workers[0].Gradients)
                Buffer.MemoryCopy(workers[0].Gradients + start, total + start, length * sizeof(float), length * sizeof(float));
            for (var w = 1; w < used; w++)
                Rows.Add(total + start, workers[w].Gradients + start, (int)length);
        });
        if (layout.IsPlain)
            return;
        foreach (var place in layout.Places)
            PackedWeights.CopyRows(place, gradients[place.Name], total + place.Offset, toPadded: false);
    }

    private void Check(ReadOnlySpan<int> tokens, int length)
    {
        var config = layout.Config;
        if (length < 2 || tokens.Length < length || tokens.Length % length != 0)
            throw new Llm360Exception($"{tokens.Length} tokens are not whole rows of {length} (at least 2).", "batch", "Give rows of one length: the inputs and one token more.");
        if (length - 1 > config.MaximumLength)
            throw new Llm360Exception($"A sequence of {length - 1} tokens is longer than the model's {config.MaximumLength} positions.", "tokens", "Give shorter sequences.");
        for (var i = 0; i < tokens.Length; i++)
        {
            if ((uint)tokens[i] >= (uint)config.VocabularySize)
                throw new Llm360Exception($"Token id {tokens[i]} is not in the vocabulary of {config.VocabularySize}.", $"batch, row {i / length}, position {i % length}", "Use the tokenizer that belongs to the model.");
        }
    }
}
