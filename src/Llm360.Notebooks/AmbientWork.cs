// Progress and cancellation of the running notebook cell or command.
namespace Llm360.Notebooks;

/// <summary>A report of the progress of long work.</summary>
/// <param name="Task">What is being done, for example <c>train nano</c>.</param>
/// <param name="Done">Units finished.</param>
/// <param name="Total">Units in all.</param>
/// <param name="Unit">The unit, plural: steps, cells, sequences.</param>
/// <param name="Detail">One short line to show: loss, checkpoint, chunk.</param>
public sealed record WorkProgress(string Task, double Done, double Total, string Unit, string? Detail = null);

/// <summary>
/// Progress and cancellation of the running notebook cell or command. A long call uses them unless
/// its <see cref="RunOptions"/> say otherwise.
/// </summary>
public static class AmbientWork
{
    private static readonly AsyncLocal<(IProgress<WorkProgress>? Progress, CancellationToken Cancellation)> Ambient = new();

    /// <summary>The token of the running cell or command; never signalled outside of one.</summary>
    public static CancellationToken Cancellation => Ambient.Value.Cancellation;

    /// <summary>Receives progress; null if nothing receives it.</summary>
    public static IProgress<WorkProgress>? Progress => Ambient.Value.Progress;

    /// <summary>
    /// Sets progress and cancellation for everything that this logical call awaits from now on.
    /// </summary>
    /// <returns>Restores the previous ones when disposed.</returns>
    public static IDisposable Begin(IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        var former = Ambient.Value;
        Ambient.Value = (progress, cancellation);
        return new Restore(() => Ambient.Value = former);
    }

    private sealed class Restore(Action restore) : IDisposable
    {
        public void Dispose() => restore();
    }
}
