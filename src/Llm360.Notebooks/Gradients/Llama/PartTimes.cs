// Time spent in the parts of a step, with one clock reading between two parts.
using System.Diagnostics;

namespace Llm360.Notebooks;

/// <summary>Parts of a training step.</summary>
internal enum StepPart
{
    /// <summary>Matrix products of the blocks.</summary>
    Products,

    /// <summary>Attention, its products included.</summary>
    Attention,

    /// <summary>The head's products.</summary>
    HeadProducts,

    /// <summary>Softmax and cross-entropy of the head.</summary>
    CrossEntropy,

    /// <summary>RMSNorm and rotary embedding.</summary>
    Norms,

    /// <summary>SwiGLU's element-wise part.</summary>
    SwiGlu,

    /// <summary>Embedding rows in and out.</summary>
    Embedding,

    /// <summary>Transposing the weights, clearing and summing the workers' gradients.</summary>
    Gathering,
}

/// <summary>Time spent by one worker, summed over calls.</summary>
internal sealed class PartTimes
{
    private readonly long[] ticks = new long[Enum.GetValues<StepPart>().Length];
    private long last;

    public void Start() => last = Stopwatch.GetTimestamp();

    /// <summary>Counts the time since the last call for a part.</summary>
    public void Add(StepPart part)
    {
        var now = Stopwatch.GetTimestamp();
        ticks[(int)part] += now - last;
        last = now;
    }

    public double Seconds(StepPart part) => (double)ticks[(int)part] / Stopwatch.Frequency;
}
