// What long work needs to know of the place it runs in: who may stop it, and who watches.
namespace Llm360.Notebooks;

/// <summary>How far one piece of long work has come.</summary>
/// <param name="Task">What is being done, for example <c>train nano</c>.</param>
/// <param name="Done">Units finished.</param>
/// <param name="Total">Units in all.</param>
/// <param name="Unit">The unit, plural: steps, cells, sequences.</param>
/// <param name="Detail">One short line for the eye: loss, checkpoint, chunk.</param>
public sealed record WorkProgress(string Task, double Done, double Total, string Unit, string? Detail = null);

/// <summary>The surroundings of the running notebook cell or command, taken by long calls that are given no token and no progress of their own.</summary>
public static class AmbientWork
{
    private static readonly AsyncLocal<(IProgress<WorkProgress>? Progress, CancellationToken Cancellation)> Ambient = new();

    /// <summary>The token of the running cell or command; never signalled outside of one.</summary>
    public static CancellationToken Cancellation => Ambient.Value.Cancellation;

    /// <summary>Where progress goes; null when nobody watches.</summary>
    public static IProgress<WorkProgress>? Progress => Ambient.Value.Progress;

    /// <summary>Sets the surroundings for everything awaited from here on in this logical call.</summary>
    /// <returns>Restores the former surroundings when disposed.</returns>
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
