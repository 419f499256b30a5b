// How long work runs: where, in which precision, who watches it, and who may stop it.
namespace Llm360.Notebooks;

/// <summary>Run-time choices of a long-running method. Every choice has a default.</summary>
/// <remarks>
/// A method ignores the choices that it does not need: scoring with a loaded model has its device
/// and precision already.
/// </remarks>
/// <param name="Device">Where models run; <see cref="Notebooks.Device.Best"/> when null.</param>
/// <param name="Precision">Type of the weights; the checkpoint's own by default.</param>
/// <param name="Progress">Receives progress; <see cref="AmbientWork.Progress"/> when null.</param>
/// <param name="Cancellation">
/// Stops the work; <see cref="AmbientWork.Cancellation"/> when null.
/// </param>
public record RunOptions(
    Device? Device = null,
    Precision Precision = default,
    IProgress<WorkProgress>? Progress = null,
    CancellationToken? Cancellation = null)
{
    /// <summary>Only the device is chosen: <c>LoadAsync(Device.Cpu)</c>.</summary>
    public static implicit operator RunOptions(Device? device) => new(device);
}

/// <summary>The choices that take effect.</summary>
internal static class RunDefaults
{
    public static Device DeviceOrBest(this RunOptions? run) => run?.Device ?? Device.Best;

    public static IProgress<WorkProgress>? Watcher(this RunOptions? run) => run?.Progress ?? AmbientWork.Progress;

    public static CancellationToken StopToken(this RunOptions? run) => run?.Cancellation ?? AmbientWork.Cancellation;

    /// <summary>Makes the choices those of all that is called from here on.</summary>
    /// <returns>Restores the former ones when disposed.</returns>
    public static IDisposable Begin(this RunOptions? run) => AmbientWork.Begin(run.Watcher(), run.StopToken());
}
