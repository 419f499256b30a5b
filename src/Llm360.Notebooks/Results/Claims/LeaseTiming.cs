// The duration of leases, and the amount of work that a lease covers.

namespace Llm360.Notebooks;

/// <summary>Times of leases.</summary>
/// <param name="Expiry">
/// A lease that was not renewed for this time has expired. Two minutes pass before Slurm starts a
/// requeued task, and a client of NFS may see a file's time up to one minute late.
/// </param>
/// <param name="Renewal">Time between two renewals.</param>
/// <param name="Batch">Work that one lease covers, if its cells are short enough.</param>
/// <param name="Poll">Average time between two checks of other workers' leases.</param>
internal sealed record LeaseTiming(TimeSpan Expiry, TimeSpan Renewal, TimeSpan Batch, TimeSpan Poll)
{
    /// <summary>The usual times.</summary>
    public static LeaseTiming Usual { get; } =
        new(TimeSpan.FromSeconds(90), TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(1));
}
