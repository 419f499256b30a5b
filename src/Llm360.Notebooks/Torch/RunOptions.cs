// Run-time choices of a method: device, precision, progress and cancellation.
namespace Llm360.Notebooks;

/// <summary>Run-time choices of a long-running method. Every choice has a default.</summary>
/// <remarks>
/// A method ignores the choices that it does not need. For example, scoring uses the device and
/// precision of the loaded model.
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
    /// <summary>Options with only a device: <c>LoadAsync(Device.Cpu)</c>.</summary>
    public static implicit operator RunOptions(Device? device) => new(device);
}

/// <summary>The effective choices.</summary>
internal static class RunDefaults
{
    public static Device DeviceOrBest(this RunOptions? run) => run?.Device ?? Device.Best;

    public static IProgress<WorkProgress>? Watcher(this RunOptions? run) => run?.Progress ?? AmbientWork.Progress;

    public static CancellationToken StopToken(this RunOptions? run) => run?.Cancellation ?? AmbientWork.Cancellation;

    /// <summary>Makes these choices the ambient ones for all following calls.</summary>
    /// <returns>Restores the former choices when disposed.</returns>
    public static IDisposable Begin(this RunOptions? run) => AmbientWork.Begin(run.Watcher(), run.StopToken());
}
