// Current identities of checkpoints and chunks.
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Llm360.Notebooks;

/// <summary>Finds identities; each is computed once as long as its files do not change.</summary>
/// <remarks>
/// Files on this disk are identified by hashes. Files on the Hub are identified by commit or etag
/// and need not be fetched.
/// </remarks>
/// <param name="tokenizerOf">
/// The checkpoint whose tokenizer the analysis uses; null for none.
/// </param>
/// <param name="usesOptimizer">
/// Whether the analysis uses the optimizer file of a checkpoint.
/// </param>
internal sealed class Fingerprints(Checkpoint? tokenizerOf = null, bool usesOptimizer = false)
{
    private readonly Dictionary<string, (string Stamp, string Value)> known = [];
    private volatile bool hubIsSilent;

    /// <summary>The identity of a chunk; null if it cannot be found now.</summary>
    public string? Of(Chunk chunk)
    {
        return chunk.IsOnHub ? Hub(chunk.Hub!, EtagOf) : File.Exists(chunk.Path) ? Local([chunk.Path], Fingerprint.Of) : null;

        string EtagOf(HubRevision revision) => revision.EntryAsync(chunk.Hub!.Path, AmbientWork.Cancellation).GetAwaiter().GetResult().Etag;
    }

    /// <summary>
    /// The parts that come from a checkpoint. A commit covers weights and configuration.
    /// </summary>
    /// <exception cref="Llm360Exception">
    /// A file of the checkpoint is missing or malformed.
    /// </exception>
    public IReadOnlyList<KeyValuePair<string, string?>> Of(Checkpoint checkpoint)
    {
        List<KeyValuePair<string, string?>> parts = checkpoint.IsOnHub ? [new("commit", Commit(checkpoint))]
            :
            [
                new("weights", Local(WeightFiles.FilesOf(checkpoint.Folder), _ => Fingerprint.OfCheckpoint(checkpoint.Folder))),
                new("config", Local([Path.Combine(checkpoint.Folder, SuiteLayout.Config)], ConfigIdentity.Of)),
            ];
        if (tokenizerOf is not null)
            parts.Add(new("tokenizer", Tokenizer(tokenizerOf)));
        if (usesOptimizer)
            parts.Add(new("optimizer", checkpoint.OptimizerPath is { } file ? Local([file], Fingerprint.Of) : "none"));
        return parts;
    }

    private string? Tokenizer(Checkpoint checkpoint)
    {
        List<string> files = [.. Tokenizers.FileNames.Select(n => Path.Combine(checkpoint.Folder, n)).Where(File.Exists)];
        return Tokenizers.Exists(checkpoint.Folder) ? Local(files, _ => Hash(string.Concat(files.Select(Described))))
            : checkpoint.IsOnHub ? Commit(checkpoint) : "none";

        static string Described(string file) => $"{Path.GetFileName(file)}: {Fingerprint.Of(file)}\n";
    }

    private string? Commit(Checkpoint checkpoint) => Hub(checkpoint.Hub!, revision => revision.Commit);

    // As for make, size and time decide whether a file must be hashed again.
    private string Local(IReadOnlyList<string> files, Func<string, string> make)
    {
        return Known(files[0], string.Join('\n', files.Select(Stamp)), () => make(files[0]))!;

        static string Stamp(string path) => new FileInfo(path) is { Exists: true } file
            ? string.Create(CultureInfo.InvariantCulture, $"{file.Length} {file.LastWriteTimeUtc.Ticks}") : "none";
    }

    // If the Hub cannot be reached, it is tried once, not for each of 360 checkpoints.
    private string? Hub(HubLocation place, Func<HubRevision, string> tell) => Known(place.ToString(), "", () =>
    {
        var settings = HubSettings.FromEnvironment();
        using var hub = new HubClient(settings with { Offline = settings.Offline || hubIsSilent });
        try
        {
            return tell(hub.ResolveAsync(place, AmbientWork.Cancellation).GetAwaiter().GetResult());
        }
        catch (Llm360Exception e)
        {
            hubIsSilent |= e is HubUnreachableException;
            return null;
        }
    });

    // No file is read and no request is sent inside the lock.
    private string? Known(string key, string stamp, Func<string?> make)
    {
        lock (known)
        {
            if (known.TryGetValue(key, out var found) && found.Stamp == stamp)
                return found.Value;
        }

        if (make() is not { } made)
            return null;
        lock (known)
            known[key] = (stamp, made);
        return made;
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
