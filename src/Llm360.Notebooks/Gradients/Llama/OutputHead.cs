// The head and its cross-entropy, a few positions at a time, so that logits stay in the L2 cache.

namespace Llm360.Notebooks;

/// <summary>
/// Sums -log softmax(x Wᵀ)[target] over positions and adds the gradients of the mean.
/// </summary>
internal sealed unsafe class OutputHead(PaddedLayout layout) : IDisposable
{
    private const int Positions = 64;

    // Rows are one vector longer, so that they do not share the same cache sets.
    private readonly int stride = layout.Vocabulary + VectorWidth.Floats;
    private readonly AlignedFloats logits = new((long)Positions * (layout.Vocabulary + VectorWidth.Floats)); // [positions, vocabulary]
    private readonly AlignedFloats scaled = new((long)Positions * layout.Hidden); // [positions, hidden]

    /// <summary>Loss and gradients of one sequence.</summary>
    /// <param name="dx">Gradient of the head's input, overwritten: [tokens, hidden].</param>
    /// <param name="x">
    /// The head's input, [tokens, hidden]; rows up to the next multiple of 8 exist.
    /// </param>
    /// <param name="weight">[vocabulary, hidden]</param>
    /// <param name="transposed">[hidden, vocabulary]</param>
    /// <param name="targets">One per position.</param>
    /// <param name="share">One position's share of the mean.</param>
    /// <param name="sink">Receives the data for the weight's gradient.</param>
    /// <param name="times">Records the time of each part.</param>
    /// <param name="margin">Whether a position's loss is -log(p / (1 - p)).</param>
    /// <returns>Sum of the losses, not yet divided.</returns>
    public double Run(
        MatrixView dx,
        MatrixView x,
        float* weight,
        MatrixView transposed,
        ReadOnlySpan<int> targets,
        float share,
        IGradientSink sink,
        PartTimes times,
        bool margin = false)
    {
        int hidden = layout.Hidden, vocabulary = layout.Vocabulary;
        MatrixView p = new(logits.Data, stride), input = new(scaled.Data, hidden), w = new(weight, hidden);
        var factors = stackalloc float[Positions];
        var loss = 0.0;
        for (var first = 0; first < targets.Length; first += Positions)
        {
            int count = Math.Min(Positions, targets.Length - first), padded = (count + 7) / 8 * 8;
            Products.Set(p, x.From(first), transposed, padded, vocabulary, hidden);
            times.Add(StepPart.HeadProducts);
            for (var i = 0; i < count; i++)
            {
                var target = targets[first + i];
                if (margin)
                {
                    loss += NegativeMargin(p.Row(i), target, out var others);
                    factors[i] = share / others;
                    continue;
                }

                loss += PositionLoss(p.Row(i), target, out var sum);

                // softmax - one-hot = (exponentials - sum at the target) / sum. The division is
                // applied to the shorter rows of dx and x.
                p.Row(i)[target] -= sum;
                factors[i] = share / sum;
            }

            times.Add(StepPart.CrossEntropy);
            Products.Set(dx.From(first), p, w, padded, hidden, layout.Config.VocabularySize);
            VectorMath.Scale(dx.From(first), dx.From(first), factors, count, hidden);
            VectorMath.Scale(input, x.From(first), factors, count, hidden);
            sink.Head(p, factors, x.From(first), input, count, first);
            times.Add(StepPart.HeadProducts);
        }

        return loss;
    }

    /// <summary>The loss of one sequence, without gradients.</summary>
    /// <param name="x">As in <see cref="Run"/>.</param>
    /// <param name="transposed">[hidden, vocabulary]</param>
    /// <param name="targets">One per position.</param>
    /// <param name="times">Records the time of each part.</param>
    /// <returns>Sum of the losses, not yet divided.</returns>
    public double Loss(MatrixView x, MatrixView transposed, ReadOnlySpan<int> targets, PartTimes times)
    {
        var p = new MatrixView(logits.Data, stride);
        var loss = 0.0;
        for (var first = 0; first < targets.Length; first += Positions)
        {
            var count = Math.Min(Positions, targets.Length - first);
            Products.Set(p, x.From(first), transposed, (count + 7) / 8 * 8, layout.Vocabulary, layout.Hidden);
            times.Add(StepPart.HeadProducts);
            for (var i = 0; i < count; i++)
                loss += PositionLoss(p.Row(i), targets[first + i], out _);
            times.Add(StepPart.CrossEntropy);
        }

        return loss;
    }

    public void Dispose()
    {
        logits.Dispose();
        scaled.Dispose();
    }

    // Turns a row of logits into others times its gradient: exponentials, and -others at the
    // target. The others are summed without the target; subtracting it from a sum would cancel.
    private double NegativeMargin(float* row, int target, out float others)
    {
        var logit = row[target];
        var (_, shift) = Softmax.Exponentials(row, layout.Config.VocabularySize, layout.Vocabulary, 1);
        row[target] = 0;
        var sum = 0.0;
        for (var i = 0; i < layout.Config.VocabularySize; i++)
            sum += row[i];
        others = (float)sum;
        row[target] = -others;
        return Math.Log(sum) + shift - logit;
    }

    // Turns a row of logits into exponentials. The logarithm is rounded to float, because its last
    // bits in double differ between C libraries.
    private double PositionLoss(float* row, int target, out float sum)
    {
        var logit = row[target];
        (sum, var shift) = Softmax.Exponentials(row, layout.Config.VocabularySize, layout.Vocabulary, 1);
        return (double)(float)Math.Log(sum) + shift - logit;
    }
}
