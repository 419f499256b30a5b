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
/// it includes the suite's recipe. Beside the cells lie fingerprints: of a checkpoint's weights in <c>weights.id</c>, of a chunk in <c>chunks/chunk=7.id</c>; on the Hub, the commit and the file's hash. Cells computed from other weights or other rows are dropped.
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

    /// <summary>Whether a cell is there and belongs to the checkpoint's present weights and the chunk's present rows.</summary>
    public bool Contains(Checkpoint checkpoint, Chunk chunk) =>
        File.Exists(CellPath(checkpoint, chunk)) && IsCurrent(FingerprintPath(checkpoint), () => FingerprintOf(checkpoint)) && IsCurrent(FingerprintPath(chunk), () => FingerprintOf(chunk));

    /// <summary>Reads a cell.</summary>
    public Task<IReadOnlyList<T>> ReadAsync<T>(Checkpoint checkpoint, Chunk chunk, CancellationToken cancellation = default)
        where T : class, new() => ParquetRows.ReadAsync<T>(CellPath(checkpoint, chunk), cancellation);

    /// <summary>Writes a cell.</summary>
    public async Task WriteAsync<T>(Checkpoint checkpoint, Chunk chunk, IReadOnlyCollection<T> rows)
        where T : class, new()
    {
        lock (fingerprints)
        {
            Renew(FingerprintPath(checkpoint), () => FingerprintOf(checkpoint), () => Directory.EnumerateFiles(PartitionPath(checkpoint), "chunk=*.parquet"));
            Renew(FingerprintPath(chunk), () => FingerprintOf(chunk), () => Directory.EnumerateDirectories(Folder, "checkpoint=*").Select(partition => Path.Combine(partition, CellName(chunk))));
        }

        await ParquetRows.WriteAsync(CellPath(checkpoint, chunk), rows).ConfigureAwait(false);
    }

    // Of several processes that find cells of other weights or rows, the first drops them; the others, who come later, must not drop what it has written since.
    private void Renew(string path, Func<string?> present, Func<IEnumerable<string>> cells)
    {
        if (IsCurrent(path, present))
            return;
        using var alone = FileLock.Take(Path.Combine(Folder, "store.lock"));
        if (IsCurrent(path, present))
            return;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        foreach (var cell in cells().ToList())
            File.Delete(cell);
        AtomicFile.WriteText(path, present() + "\n");
    }

    private static bool IsCurrent(string path, Func<string?> present)
    {
        try
        {
            return File.ReadAllText(path).Trim() is var stored && (present() is not { } now || stored == now);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            // Not there yet, or another process is dropping what belongs to other weights.
            return false;
        }
    }

    // Of what is on the Hub, the commit or hash: 27 GB need not be fetched to find that results are there. Null where nobody can be asked: then what is stored is believed.
    private string? FingerprintOf(Checkpoint checkpoint) => Known(checkpoint.Folder, () => checkpoint.IsOnHub ? FromHub(checkpoint.Hub!, revision => revision.Commit) : Fingerprint.OfCheckpoint(checkpoint.Folder));

    private string? FingerprintOf(Chunk chunk) => Known(chunk.Path, () =>
        chunk.IsOnHub ? FromHub(chunk.Hub!, revision => revision.EntryAsync(chunk.Hub!.Path, Work.Cancellation).GetAwaiter().GetResult().Etag)
        : File.Exists(chunk.Path) ? Fingerprint.Of(chunk.Path) : null);

    private string? Known(string key, Func<string?> make)
    {
        lock (fingerprints)
        {
            if (fingerprints.TryGetValue(key, out var known))
                return known;
            return make() is { } made ? fingerprints[key] = made : null;
        }
    }

    private string? FromHub(HubLocation place, Func<HubRevision, string> tell)
    {
        var settings = HubSettings.FromEnvironment();
        // A Hub that is not there is asked once and not for each of 360 checkpoints, with the patience that each asking has.
        using var hub = new HubClient(settings with { Offline = settings.Offline || hubIsSilent });
        try
        {
            return tell(hub.ResolveAsync(place, Work.Cancellation).GetAwaiter().GetResult());
        }
        catch (Llm360Exception e)
        {
            hubIsSilent |= e is HubUnreachableException;
            return null;
        }
    }

    private string PartitionPath(Checkpoint checkpoint) => Path.Combine(Folder, $"checkpoint={checkpoint.Name}");

    private string FingerprintPath(Checkpoint checkpoint) => Path.Combine(PartitionPath(checkpoint), "weights.id");

    private string FingerprintPath(Chunk chunk) => Path.Combine(Folder, "chunks", $"chunk={chunk.Index}.id");

    private string CellPath(Checkpoint checkpoint, Chunk chunk) => Path.Combine(PartitionPath(checkpoint), CellName(chunk));

    private static string CellName(Chunk chunk) => $"chunk={chunk.Index}.parquet";

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
