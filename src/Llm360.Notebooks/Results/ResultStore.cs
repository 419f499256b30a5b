// Results on disk: one file per cell (checkpoint x item), hive-partitioned, keyed by the settings.
using System.Collections.Concurrent;
using System.Globalization;

namespace Llm360.Notebooks;

/// <summary>The state of a cell in the store.</summary>
internal enum CellState
{
    /// <summary>Nothing.</summary>
    Absent,

    /// <summary>A cell of the current identity.</summary>
    Current,

    /// <summary>A cell of another identity, or without one.</summary>
    Stale,
}

/// <summary>
/// The cells of one analysis with one setting:
/// <c>ROOT/SUITE/ANALYSIS-HASH/checkpoint=ckpt_012/chunk=7.parquet</c>.
/// </summary>
/// <remarks>
/// <para>A cell is complete or absent. Several processes, on one machine or on several that share
/// the disk, may fill one store. <c>settings.json</c> has all settings. The hash covers the suite's
/// recipe and the settings that differ from their defaults.</para>
/// <para>The metadata of a cell name what it was computed from: hashes of weights, configuration
/// and item; on the Hub, commit and etag; the tokenizer and the optimizer file if the analysis uses
/// them; the version of the algorithm; the precision if it is not the checkpoint's own; and the
/// kind of device with its type of hidden states. A cell of another identity is stale. A stale cell
/// is never read and never deleted. The new cell replaces it, and the stale one is kept beside it
/// as <c>chunk=7.IDENTITY.stale</c>. It is restored when its identity is current again.</para>
/// <para><c>cells.index</c> in a checkpoint's folder repeats the identities of its cells, to open a
/// large store quickly. It may be deleted.</para>
/// </remarks>
/// <typeparam name="T">Content of one cell.</typeparam>
public sealed class ResultStore<T>
{
    private readonly ConcurrentDictionary<string, CellIndex> indices = new();
    private readonly Lock gate = new();
    private readonly bool settingsNamePrecision;

    /// <summary>Opens the store of an analysis.</summary>
    /// <param name="suite">The suite.</param>
    /// <param name="analysis">The analysis.</param>
    /// <param name="root">Folder of all results; the workspace's when null.</param>
    public ResultStore(Suite suite, GridAnalysis<T> analysis, string? root = null)
    {
        (Suite, Analysis) = (suite, analysis);
        settingsNamePrecision = analysis.Settings.GetType().GetProperties().Any(p => p.PropertyType == typeof(Precision));
        Fingerprints = new Fingerprints(analysis.UsesTokenizer ? suite.Checkpoints.LastOrDefault() : null, analysis.UsesOptimizer);
        Folder = StoreFolder.Open(root ?? Workspace.ResultsFolder, suite, analysis.Name, analysis.Settings);
        OpenedStores.Add(Folder);
    }

    /// <summary>The suite.</summary>
    public Suite Suite { get; }

    /// <summary>The analysis.</summary>
    public GridAnalysis<T> Analysis { get; }

    /// <summary>The folder of the cells.</summary>
    public string Folder { get; }

    /// <summary>Current identities of checkpoints and chunks.</summary>
    internal Fingerprints Fingerprints { get; }

    /// <summary>The path of a cell, whether it exists or not.</summary>
    public string PathOf(Checkpoint checkpoint, GridItem item) =>
        Path.Combine(FolderOf(checkpoint), item.Partition + Analysis.Cells.Extension);

    /// <summary>
    /// Whether the store has a cell of the current model and item, computed on any device.
    /// </summary>
    /// <exception cref="Llm360Exception">
    /// The checkpoint's files or the cell cannot be read.
    /// </exception>
    public bool Contains(Checkpoint checkpoint, GridItem item) =>
        Find(checkpoint, item, Identity(SharedParts(checkpoint, null), item)) == CellState.Current;

    /// <summary>Reads a cell.</summary>
    /// <exception cref="Llm360Exception">It is missing or damaged.</exception>
    public Task<T> ReadAsync(Checkpoint checkpoint, GridItem item, CancellationToken cancellation = default) =>
        Analysis.Cells.ReadAsync(PathOf(checkpoint, item), cancellation);

    /// <summary>
    /// Writes a cell of the current model and item. A stale cell is kept beside it.
    /// </summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="item">The item.</param>
    /// <param name="content">The content.</param>
    /// <param name="device">The device used; null if the numbers do not depend on it.</param>
    /// <exception cref="Llm360Exception">
    /// The checkpoint's files cannot be read, or the cell cannot be written.
    /// </exception>
    public void Write(Checkpoint checkpoint, GridItem item, T content, Device? device = null) =>
        Write(checkpoint, item, content, Identity(SharedParts(checkpoint, device), item));

    /// <summary>
    /// The same, if model and item still have the identity that they had before the computation.
    /// </summary>
    /// <exception cref="Llm360Exception">Their identity has changed.</exception>
    internal void Write(Checkpoint checkpoint, GridItem item, T content, CellIdentity before, Device device, Precision precision)
    {
        var identity = Identity(SharedParts(checkpoint, device, precision), item);
        if (!before.Matches(identity))
        {
            throw new Llm360Exception($"Files of {checkpoint} or {item} changed while the cell was computed. It was not stored.",
                $"{checkpoint.Folder}, {item.Place}", "Run it again when no other program writes to these files.");
        }

        Write(checkpoint, item, content, identity);
    }

    /// <summary>The parts of the identity that all cells of a checkpoint share.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="device">Where cells are computed; null for any device.</param>
    /// <param name="precision">Type of the weights.</param>
    /// <exception cref="Llm360Exception">
    /// A file of the checkpoint is missing or malformed.
    /// </exception>
    internal IReadOnlyDictionary<string, string?> SharedParts(
        Checkpoint checkpoint, Device? device, Precision precision = default) => new Dictionary<string, string?>(
    [
        .. Fingerprints.Of(checkpoint),
        new(CellIdentity.VersionPart, Analysis.Version.ToString(CultureInfo.InvariantCulture)),
        new(CellIdentity.NumericsPart, device is null ? null : NumericMode.Of(device)),
        .. PrecisionParts(precision),
    ]);

    /// <summary>
    /// The state of a cell. A stale cell with this identity is restored.
    /// </summary>
    internal CellState Find(Checkpoint checkpoint, GridItem item, CellIdentity identity)
    {
        var (path, index) = (PathOf(checkpoint, item), IndexOf(checkpoint));
        var (exists, stored) = index.Look(path, Analysis.Cells.ReadMetadata);
        if (stored is not null && identity.Matches(stored))
            return CellState.Current;
        if (!index.HasStale || StalePath() is not { } kept)
            return exists ? CellState.Stale : CellState.Absent;
        using (Alone())
        {
            SetAside(index, path, identity);
            // Another process may have restored it already.
            if (File.Exists(kept))
                File.Move(kept, path, overwrite: true);
        }

        return CellState.Current;

        string? StalePath() => identity.StaleNames().Select(name => ResultStore<T>.StalePath(path, name)).FirstOrDefault(File.Exists);
    }

    /// <summary>The folder of a checkpoint's cells.</summary>
    internal string FolderOf(Checkpoint checkpoint) => Path.Combine(Folder, $"checkpoint={checkpoint.Name}");

    /// <summary>The index of a checkpoint's cells.</summary>
    internal CellIndex IndexOf(Checkpoint checkpoint) => indices.GetOrAdd(checkpoint.Name, _ => CellIndex.Open(FolderOf(checkpoint)));

    /// <summary>The identity of a cell whose other parts are known.</summary>
    internal CellIdentity Identity(IReadOnlyDictionary<string, string?> shared, GridItem item) =>
        new(shared, item.IdentityPart, item.IdentityFrom(Fingerprints));

    private IEnumerable<KeyValuePair<string, string?>> PrecisionParts(Precision precision)
    {
        if (precision != Precision.Auto && !settingsNamePrecision)
            yield return new(CellIdentity.PrecisionPart, precision.ToString());
    }

    private void Write(Checkpoint checkpoint, GridItem item, T content, CellIdentity identity)
    {
        var (path, index) = (PathOf(checkpoint, item), IndexOf(checkpoint));
        IDisposable? alone = null;
        try
        {
            AtomicFile.Write(path, stream =>
            {
                // Encoding a cell may take long; other processes may write meanwhile.
                Analysis.Cells.Write(stream, content, identity.Metadata);
                alone = Alone();
                SetAside(index, path, identity);
            });
            index.Put(path, identity);
        }
        finally
        {
            alone?.Dispose();
        }
    }

    // Threads wait for the lock and processes for the file, because a file must be polled.
    private Release Alone()
    {
        gate.Enter();
        try
        {
            return new Release(FileLock.Take(Path.Combine(Folder, "store.lock")), gate);
        }
        catch
        {
            gate.Exit();
            throw;
        }
    }

    // Call only within Alone: no other process may write the cell between the look-up and the move.
    private void SetAside(CellIndex index, string path, CellIdentity present)
    {
        var (exists, stored) = index.Look(path, Analysis.Cells.ReadMetadata);
        if (!exists || (stored is not null && present.Matches(stored)))
            return;
        // Cells of earlier versions have no identity. They are named by a hash of their content, so
        // that none replaces another.
        File.Move(path, StalePath(path, stored?.Name ?? Fingerprint.Of(path)[..16]), overwrite: true);
        index.HasStale = true;
    }

    private static string StalePath(string cell, string identity) => $"{Path.ChangeExtension(cell, null)}.{identity}.stale";

    private sealed class Release(IDisposable file, Lock gate) : IDisposable
    {
        public void Dispose()
        {
            file.Dispose();
            gate.Exit();
        }
    }
}
