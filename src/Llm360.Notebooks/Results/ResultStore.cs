// Results on disk: one Parquet file a cell of (checkpoint x chunk), hive-partitioned, keyed by the settings.
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Llm360.Notebooks.Hub;
using Llm360.Notebooks.Suites;
using Llm360.Notebooks.Weights;

namespace Llm360.Notebooks.Results;

/// <summary>The cells of one analysis with one setting: <c>ROOT/SUITE/ANALYSIS-HASH/checkpoint=ckpt_012/chunk=7.parquet</c>.</summary>
/// <remarks>
/// A cell is there whole or not at all, and several processes, on one machine or on several that share the disk, may fill one store. <c>settings.json</c> says what the hash stands for;
/// it includes the suite's recipe. Beside the cells of a checkpoint lies the fingerprint of its weights, on the Hub the commit: cells computed from other weights are dropped.
/// </remarks>
public sealed class ResultStore
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };
    private readonly Dictionary<string, string> fingerprints = [];
    private bool hubIsSilent;

    /// <summary>Opens the store of an analysis.</summary>
    /// <param name="suite">The suite.</param>
    /// <param name="analysis">For example <c>memorization</c>.</param>
    /// <param name="settings">A record of everything the results depend on beside the suite.</param>
    /// <param name="root">The workspace's results folder when null.</param>
    public ResultStore(Suite suite, string analysis, object settings, string? root = null)
    {
        var recipe = Hash(suite.Identity);
        var description = JsonSerializer.Serialize(new { suite = suite.Name, analysis, recipe, settings }, Json);
        AtomicFile.Sweep(Folder = Path.Combine(root ?? Workspace.ResultsFolder, suite.Name, $"{analysis}-{Hash(description)[..12]}"));
        if (!File.Exists(Path.Combine(Folder, "settings.json")))
            AtomicFile.WriteText(Path.Combine(Folder, "settings.json"), description + "\n");
    }

    /// <summary>Where the cells lie.</summary>
    public string Folder { get; }

    /// <summary>Whether a cell is there and belongs to the checkpoint's present weights.</summary>
    public bool Contains(Checkpoint checkpoint, Chunk chunk) => File.Exists(CellPath(checkpoint, chunk)) && IsCurrent(checkpoint);

    /// <summary>Reads a cell.</summary>
    public Task<IReadOnlyList<T>> ReadAsync<T>(Checkpoint checkpoint, Chunk chunk, CancellationToken cancellation = default)
        where T : class, new() => ParquetRows.ReadAsync<T>(CellPath(checkpoint, chunk), cancellation);

    /// <summary>Writes a cell.</summary>
    public async Task WriteAsync<T>(Checkpoint checkpoint, Chunk chunk, IReadOnlyCollection<T> rows)
        where T : class, new()
    {
        lock (fingerprints)
        {
            if (!IsCurrent(checkpoint))
                Renew(checkpoint);
        }

        await ParquetRows.WriteAsync(CellPath(checkpoint, chunk), rows).ConfigureAwait(false);
    }

    // Of several processes that find cells of other weights, the first drops them; the others, who come later, must not drop what it has written since.
    private void Renew(Checkpoint checkpoint)
    {
        using var alone = FileLock.Take(Path.Combine(Folder, "store.lock"));
        if (IsCurrent(checkpoint))
            return;
        var stale = PartitionPath(checkpoint);
        if (Directory.Exists(stale))
            Directory.Delete(stale, recursive: true);
        AtomicFile.WriteText(FingerprintPath(checkpoint), FingerprintOf(checkpoint) + "\n");
    }

    private bool IsCurrent(Checkpoint checkpoint)
    {
        try
        {
            return File.ReadAllText(FingerprintPath(checkpoint)).Trim() is var stored && (FingerprintOf(checkpoint) is not { } present || stored == present);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            // Not there yet, or another process is dropping what belongs to other weights.
            return false;
        }
    }

    // Of a checkpoint on the Hub, the commit: 27 GB need not be fetched to find that results are there. Null where the Hub cannot be asked: then what is stored is believed.
    private string? FingerprintOf(Checkpoint checkpoint)
    {
        lock (fingerprints)
        {
            if (fingerprints.TryGetValue(checkpoint.Folder, out var known))
                return known;
            if (!checkpoint.IsOnHub)
                return fingerprints[checkpoint.Folder] = Fingerprint.OfCheckpoint(checkpoint.Folder);
            return CommitOrNull(checkpoint.Hub!) is { } commit ? fingerprints[checkpoint.Folder] = commit : null;
        }
    }

    private string? CommitOrNull(HubLocation place)
    {
        using var hub = new HubClient();
        if (hub.Snapshot(place) is null && hubIsSilent)
            return null;
        try
        {
            return hub.ResolveAsync(place, Work.Cancellation).GetAwaiter().GetResult().Commit;
        }
        catch (Llm360Exception e)
        {
            // A Hub that is not there is asked once and not for each of 360 checkpoints, with the patience that each asking has.
            hubIsSilent |= e is HubUnreachableException;
            return null;
        }
    }

    private string PartitionPath(Checkpoint checkpoint) => Path.Combine(Folder, $"checkpoint={checkpoint.Name}");

    private string FingerprintPath(Checkpoint checkpoint) => Path.Combine(PartitionPath(checkpoint), "weights.sha256");

    private string CellPath(Checkpoint checkpoint, Chunk chunk) => Path.Combine(PartitionPath(checkpoint), $"chunk={chunk.Index}.parquet");

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
