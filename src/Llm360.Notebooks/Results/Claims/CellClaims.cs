// Claims cells of a checkpoint, so that workers on any machine share a grid without a coordinator.

namespace Llm360.Notebooks;

/// <summary>Claims cells by lease files in the folder of their checkpoint.</summary>
/// <remarks>
/// <para>A worker writes a lease that names its cells, and then reads the folder. If another lease
/// names one of the cells, the worker gives its lease back and tries again. The later one of two
/// workers always sees the lease of the earlier one, so two workers never compute the same cell. No
/// lock is needed. Each lease has its own name, so no worker deletes a lease that it has not
/// read.</para>
/// <para>A lease has expired when it was not renewed for <see cref="LeaseTiming.Expiry"/>. Its age
/// is the difference to the time of a file that was just made in the same folder, so the clocks of
/// machines may differ. A lease of a process on this machine that has ended is taken over at
/// once.</para>
/// </remarks>
/// <param name="folder">Folder of the checkpoint's cells.</param>
/// <param name="timing">How long leases last.</param>
internal sealed class CellClaims(string folder, LeaseTiming timing)
{
    private const int Attempts = 6, LongestPause = 20;

    private readonly Dictionary<string, LeaseFile> known = [];

    /// <summary>Cells in leases that have not expired.</summary>
    /// <param name="except">A lease that is ignored; null for none.</param>
    /// <exception cref="Llm360Exception">Another version of the library has a lease.</exception>
    public IReadOnlySet<string> Held(string? except = null)
    {
        var held = new HashSet<string>();
        DateTime? now = null;
        foreach (var path in LeasesIn(folder))
        {
            if (path == except || Content(path) is not { } lease)
                continue;
            now ??= Touch(folder);
            if (HasExpired(path, lease, now.Value))
            {
                CellLease.Delete(path);
                continue;
            }

            lease.RequireSameVersion(path);
            held.UnionWith(lease.Cells);
        }

        return held;
    }

    /// <summary>Claims cells.</summary>
    /// <param name="wanted">Names of cells, the preferred ones first.</param>
    /// <param name="count">Largest number of cells to claim.</param>
    /// <returns>Null if other workers have claimed all of them.</returns>
    /// <exception cref="Llm360Exception">The folder cannot be written.</exception>
    public CellLease? TryTake(IReadOnlyCollection<string> wanted, int count)
    {
        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            var held = Held();
            List<string> free = [.. wanted.Where(c => !held.Contains(c)).Take(count)];
            if (free.Count == 0)
                return null;
            var path = Path.Combine(folder, $"{Environment.MachineName}.{Environment.ProcessId}.{Guid.NewGuid():N}{LeaseFile.Extension}");
            AtomicFile.WriteText(path, LeaseFile.Of(free).Text(), isDurable: false);
            if (!Held(except: path).Overlaps(free))
                return new CellLease(path, free, timing.Renewal);
            CellLease.Delete(path);
            // Two workers that saw each other have both given their leases back.
            Thread.Sleep(Random.Shared.Next(LongestPause * attempt));
        }

        return null;
    }

    /// <summary>Lease files in a folder of cells; empty if there is no such folder.</summary>
    public static IReadOnlyList<string> LeasesIn(string folder)
    {
        try
        {
            return Directory.GetFiles(folder, $"*{LeaseFile.Extension}");
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    /// <summary>The time of the disk, from a file that is made and deleted.</summary>
    /// <exception cref="Llm360Exception">The folder cannot be written.</exception>
    public static DateTime Touch(string folder)
    {
        var path = Path.Combine(folder, $"{Environment.MachineName}.{Environment.ProcessId}.{Guid.NewGuid():N}.tmp");
        try
        {
            using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
            return File.GetLastWriteTimeUtc(file.SafeFileHandle);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new Llm360Exception($"No file can be made in the results store: {e.Message}", folder,
                "Free disk space or make the folder writable.", e);
        }
    }

    /// <summary>Whether a lease can be taken over.</summary>
    /// <param name="path">Its file.</param>
    /// <param name="lease">Its content.</param>
    /// <param name="now">The time of the disk.</param>
    /// <param name="expiry">How long a lease lasts.</param>
    public static bool HasExpired(string path, LeaseFile lease, DateTime now, TimeSpan expiry) =>
        // A deleted file has the time 1601.
        lease.Owner.HasEnded || now - File.GetLastWriteTimeUtc(path) > expiry;

    private bool HasExpired(string path, LeaseFile lease, DateTime now) => HasExpired(path, lease, now, timing.Expiry);

    private LeaseFile? Content(string path)
    {
        if (!known.TryGetValue(path, out var lease) && LeaseFile.Read(path) is { } read)
            known[path] = lease = read;
        return lease;
    }
}
