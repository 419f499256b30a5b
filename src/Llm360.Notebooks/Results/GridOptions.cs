// How a grid runs, apart from what it computes.

namespace Llm360.Notebooks;

/// <summary>Options of <see cref="Grid"/>. The defaults suit one process on one machine.</summary>
public sealed record GridOptions
{
    /// <summary>Where models run; <see cref="Notebooks.Device.Best"/> when null.</summary>
    public Device? Device { get; init; }

    /// <summary>Type of the weights: <c>auto</c> for the checkpoint's own, <c>fp32</c>,
    /// <c>bf16</c>, <c>fp16</c>.</summary>
    public string Precision { get; init; } = Notebooks.Precision.Auto;

    /// <summary>Cells done; <see cref="AmbientWork.Progress"/> when null.</summary>
    public IProgress<WorkProgress>? Progress { get; init; }

    /// <summary>Stops before the next cell; <see cref="AmbientWork.Cancellation"/> when
    /// null.</summary>
    public CancellationToken? Cancellation { get; init; }

    /// <summary>Leaves missing checkpoints and items out; otherwise they are an error.</summary>
    public bool SkipMissing { get; init; }

    /// <summary>Which of the cells.</summary>
    public GridShard Shard { get; init; } = GridShard.Whole;

    /// <summary>
    /// Also takes cells from the store that another kind of device computed. Otherwise they are
    /// stale, because numbers of a CPU and of a GPU differ by rounding.
    /// </summary>
    public bool AnyDevice { get; init; }
}
