// Leases of cells: exactly one worker gets a cell, and a dead worker keeps none.
using System.Collections.Concurrent;

namespace Llm360.Notebooks.Tests;

public sealed class CellClaimsTests : IDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Workers_that_race_get_each_cell_once()
    {
        const int cells = 60, workers = 8;
        List<string> wanted = [.. Enumerable.Range(0, cells).Select(i => $"chunk={i}")];
        var (won, leases) = (new ConcurrentBag<string>(), new ConcurrentBag<CellLease>());
        using var start = new Barrier(workers);
        await Task.WhenAll(Enumerable.Range(0, workers).Select(_ => Task.Factory.StartNew(
            () =>
            {
                var claims = Claims();
                start.SignalAndWait();
                while (won.Count < cells)
                {
                    if (claims.TryTake(wanted, 3) is not { } lease)
                        continue;
                    leases.Add(lease);
                    foreach (var cell in lease.Cells)
                        won.Add(cell);
                }
            },
            TaskCreationOptions.LongRunning)));
        Assert.Equal(wanted.Order(StringComparer.Ordinal), won.Order(StringComparer.Ordinal));
        foreach (var lease in leases)
            lease.Dispose();
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public async Task Of_several_workers_one_takes_over_a_lease_that_has_expired()
    {
        Write(Elsewhere, age: Long, "chunk=7");
        var taken = new ConcurrentBag<CellLease>();
        using var start = new Barrier(6);
        var tries = 0;
        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Factory.StartNew(
            () =>
            {
                var claims = Claims();
                start.SignalAndWait();
                while (taken.IsEmpty && Interlocked.Increment(ref tries) < 1000)
                {
                    if (claims.TryTake(["chunk=7"], 1) is { } lease)
                        taken.Add(lease);
                }
            },
            TaskCreationOptions.LongRunning)));
        Assert.Single(taken);
        Assert.Single(CellClaims.LeasesIn(folder.Path));
        Assert.Null(Claims().TryTake(["chunk=7"], 1));
        taken.Single().Dispose();
        using var next = Claims().TryTake(["chunk=7"], 1);
        Assert.NotNull(next);
    }

    [Fact]
    public void A_lease_of_another_machine_is_respected_until_it_expires_by_the_clock_of_the_disk()
    {
        var path = Write(Elsewhere, age: TimeSpan.FromSeconds(60), "chunk=7");
        Assert.Null(Claims().TryTake(["chunk=7"], 1));
        // One of the two requested cells is free.
        using (var other = Claims().TryTake(["chunk=7", "chunk=8"], 2))
            Assert.Equal(["chunk=8"], other!.Cells);
        File.SetLastWriteTimeUtc(path, CellClaims.Touch(folder.Path) - TimeSpan.FromSeconds(91));
        using var taken = Claims().TryTake(["chunk=7"], 1);
        Assert.NotNull(taken);
        Assert.False(File.Exists(path));
    }

    [Fact]
    public void A_lease_of_a_process_that_has_ended_on_this_machine_is_taken_over_at_once()
    {
        Write(LeaseOwner.Current with { Process = int.MaxValue }, age: TimeSpan.Zero, "chunk=7");
        // Another process may have the same process id by now.
        var later = LeaseOwner.Current.Started + (OperatingSystem.IsLinux() ? 1 : 0);
        Write(LeaseOwner.Current with { Started = later }, age: TimeSpan.Zero, "chunk=8");
        Write(LeaseOwner.Current, age: TimeSpan.Zero, "chunk=9");
        using var lease = Claims().TryTake(["chunk=7", "chunk=8", "chunk=9"], 3);
        Assert.Equal(OperatingSystem.IsLinux() ? ["chunk=7", "chunk=8"] : ["chunk=7"], lease!.Cells);
    }

    [Fact]
    public void A_renewal_sets_the_time_and_finds_out_whether_the_lease_is_lost()
    {
        using var lease = Claims().TryTake(["chunk=7"], 1)!;
        var path = Assert.Single(CellClaims.LeasesIn(folder.Path));
        var content = File.ReadAllText(path);
        File.SetLastWriteTimeUtc(path, DateTime.UtcNow - Long);
        lease.Renew();
        Assert.InRange(CellClaims.Touch(folder.Path) - File.GetLastWriteTimeUtc(path), TimeSpan.Zero, TimeSpan.FromMinutes(5));
        Assert.Equal(content, File.ReadAllText(path));
        Assert.False(lease.IsLost);
        // Another worker found the lease expired and deleted it.
        File.Delete(path);
        lease.Renew();
        Assert.True(lease.IsLost);
        Assert.False(File.Exists(path));
    }

    [Fact]
    public void A_lease_of_another_version_is_one_error()
    {
        var path = folder["other.1.x.lease"];
        File.WriteAllText(path, (LeaseFile.Of(["chunk=7"]) with { Version = "99.0.0" }).Text());
        var error = Assert.Throws<Llm360Exception>(() => Claims().TryTake(["chunk=8"], 1));
        Assert.Contains("Version 99.0.0", error.What, StringComparison.Ordinal);
        Assert.Equal(path, error.Where);
        // An expired lease of another version is ignored.
        File.WriteAllText(path, (LeaseFile.Of(["chunk=7"]) with { Format = 2, Owner = Elsewhere }).Text());
        Assert.Throws<Llm360Exception>(() => Claims().Held());
        File.SetLastWriteTimeUtc(path, DateTime.UtcNow - Long);
        Assert.Empty(Claims().Held());
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"format\":1,")]
    [InlineData("null")]
    [InlineData("{\"format\":1,\"version\":null,\"owner\":null,\"cells\":null}")]
    public void A_lease_that_a_crash_cut_off_holds_nothing(string text)
    {
        File.WriteAllText(folder["cut.1.x.lease"], text);
        using var lease = Claims().TryTake(["chunk=7"], 1);
        Assert.NotNull(lease);
    }

    private static LeaseOwner Elsewhere { get; } = new("elsewhere", 1, 1, null);

    private CellClaims Claims() => new(folder.Path, LeaseTiming.Usual);

    private string Write(LeaseOwner owner, TimeSpan age, params string[] cells)
    {
        var path = folder[$"{Guid.NewGuid():N}.lease"];
        File.WriteAllText(path, (LeaseFile.Of(cells) with { Owner = owner }).Text());
        File.SetLastWriteTimeUtc(path, CellClaims.Touch(folder.Path) - age);
        return path;
    }
}
