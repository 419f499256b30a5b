// Results on disk: one Parquet file a cell of (checkpoint x chunk), hive-partitioned, keyed by the settings.
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Llm360.Notebooks;

/// <summary>What the store has of a cell.</summary>
internal enum CellState
{
    /// <summary>Nothing.</summary>
    Absent,

    /// <summary>Rows of the present model and data.</summary>
    Current,

    /// <summary>Rows of another model or of other data, or rows that do not say.</summary>
    Stale,
}

/// <summary>The cells of one analysis with one setting: <c>ROOT/SUITE/ANALYSIS-HASH/checkpoint=ckpt_012/chunk=7.parquet</c>.</summary>
/// <remarks>
/// <para>A cell is there whole or not at all. Several processes, on one machine or on several that
/// share
/// the disk, may fill one store. <c>settings.json</c> says what the hash stands for; it includes
/// the suite's recipe.</para>
/// <para>The footer of a cell names what it was computed from: hashes of weights, configuration and
/// rows, on the Hub commit and etag, and of the tokenizer if the analysis uses it. A cell of another
/// model or of other rows is stale. A stale cell is never read and never deleted. The new cell
/// takes its place, and the stale one stays beside it as <c>chunk=7.IDENTITY.stale</c>. It comes
/// back when model and rows are as they were.</para>
/// </remarks>
public sealed class ResultStore
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };
    private readonly Lock gate = new();

    /// <summary>Opens the store of an analysis.</summary>
    /// <param name="suite">The suite.</param>
    /// <param name="analysis">For example <c>memorization</c>.</param>
    /// <param name="settings">A record of everything the results depend on beside the suite.</param>
    /// <param name="root">The workspace's results folder when null.</param>
    /// <param name="usesTokenizer">Whether the results also depend on the suite's
    /// tokenizer.</param>
    public ResultStore(Suite suite, string analysis, object settings, string? root = null, bool usesTokenizer = false)
    {
        Fingerprints = new Fingerprints(usesTokenizer ? suite.Checkpoints.LastOrDefault() : null);
        var recipe = Hash(suite.Identity);
        var description = JsonSerializer.Serialize(new { suite = suite.Name, analysis, recipe, settings }, Json);
        AtomicFile.Sweep(Folder = Path.Combine(root ?? Workspace.ResultsFolder, suite.Name, $"{analysis}-{Hash(description)[..12]}"));
        if (!File.Exists(Path.Combine(Folder, "settings.json")))
            AtomicFile.WriteText(Path.Combine(Folder, "settings.json"), description + "\n");
    }

    /// <summary>Where the cells lie.</summary>
    public string Folder { get; }

    /// <summary>Identities of checkpoints and chunks as they are now.</summary>
    internal Fingerprints Fingerprints { get; }

    /// <summary>Whether a cell of the present model and rows is there.</summary>
    /// <exception cref="Llm360Exception">
    /// The checkpoint's files or the cell cannot be read.
    /// </exception>
    public bool Contains(Checkpoint checkpoint, Chunk chunk) =>
        Find(checkpoint, chunk, Fingerprints.Of(checkpoint, chunk)) == CellState.Current;

    /// <summary>Reads a cell.</summary>
    public Task<IReadOnlyList<T>> ReadAsync<T>(Checkpoint checkpoint, Chunk chunk, CancellationToken cancellation = default)
        where T : class, new() => ParquetRows.ReadAsync<T>(CellPath(checkpoint, chunk), cancellation);

    /// <summary>
    /// Writes a cell of the present model and rows. A stale cell is kept beside it.
    /// </summary>
    /// <exception cref="Llm360Exception">
    /// The checkpoint's files cannot be read, or the cell cannot be written.
    /// </exception>
    public Task WriteAsync<T>(Checkpoint checkpoint, Chunk chunk, IReadOnlyCollection<T> rows)
        where T : class, new() => WriteAsync(checkpoint, chunk, rows, Fingerprints.Of(checkpoint, chunk));

    /// <summary>
    /// The same, with the identity that model and rows had before the computation.
    /// </summary>
    /// <exception cref="Llm360Exception">They have another one now.</exception>
    internal async Task WriteAsync<T>(Checkpoint checkpoint, Chunk chunk, IReadOnlyCollection<T> rows, CellIdentity before)
        where T : class, new()
    {
        var identity = Fingerprints.Of(checkpoint, chunk);
        if (!before.Matches(identity.Metadata))
        {
            throw new Llm360Exception($"Files of {checkpoint} or {chunk} changed while the cell was computed. It was not stored.",
                $"{checkpoint.Folder}, {chunk.Place}", "Run it again when no other program writes to these files.");
        }

        var (path, bytes) = (CellPath(checkpoint, chunk), await ParquetRows.SerializeAsync(rows, identity.Metadata).ConfigureAwait(false));
        Alone(() =>
        {
            SetAside(path, identity);
            AtomicFile.Write(path, stream => stream.Write(bytes.Span));
        });
    }

    /// <summary>
    /// The state of a cell. A kept cell of this identity comes back to its place.
    /// </summary>
    internal CellState Find(Checkpoint checkpoint, Chunk chunk, CellIdentity identity)
    {
        var path = CellPath(checkpoint, chunk);
        var metadata = MetadataOf(path);
        if (metadata is not null && identity.Matches(metadata))
            return CellState.Current;
        if (identity.Name is not { } name || !File.Exists(StalePath(path, name)))
            return metadata is null ? CellState.Absent : CellState.Stale;
        Alone(() =>
        {
            SetAside(path, identity);
            // Another process may have taken it back already.
            if (File.Exists(StalePath(path, name)))
                File.Move(StalePath(path, name), path, overwrite: true);
        });
        return CellState.Current;
    }

    // Threads wait for the gate and processes for the file, because a file must be polled.
    private void Alone(Action change)
    {
        lock (gate)
        {
            using var alone = FileLock.Take(Path.Combine(Folder, "store.lock"));
            change();
        }
    }

    // Only within Alone: between looking and moving no other process may write the cell.
    private static void SetAside(string path, CellIdentity present)
    {
        if (MetadataOf(path) is not { } metadata || present.Matches(metadata))
            return;
        // Cells of earlier versions have no identity. Their content names them, so that none
        // replaces another.
        var name = CellIdentity.NameOf(metadata) ?? Fingerprint.Of(path)[..16];
        File.Move(path, StalePath(path, name), overwrite: true);
    }

    private static IReadOnlyDictionary<string, string>? MetadataOf(string path) =>
        ParquetRows.ReadMetadataAsync(path).GetAwaiter().GetResult();

    private static string StalePath(string cell, string identity) => $"{Path.ChangeExtension(cell, null)}.{identity}.stale";

    private string CellPath(Checkpoint checkpoint, Chunk chunk) =>
        Path.Combine(Folder, $"checkpoint={checkpoint.Name}", $"chunk={chunk.Index}.parquet");

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
