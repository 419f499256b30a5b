// The files of a revision on the Hub that belong to a checkpoint.

namespace Llm360.Notebooks;

/// <summary>
/// The files of a checkpoint in a revision: configuration, tokenizer, and one kind of weights.
/// </summary>
internal sealed class CheckpointParts
{
    private readonly Dictionary<string, HubEntry> there;
    private readonly string weights;
    private readonly HubLocation place;

    private CheckpointParts(Dictionary<string, HubEntry> there, string weights, HubLocation place) =>
        (this.there, this.weights, this.place) = (there, weights, place);

    /// <summary>Finds the files in a listing.</summary>
    /// <exception cref="Llm360Exception">
    /// The revision is not a checkpoint, or its listing cannot be fetched.
    /// </exception>
    public static async Task<CheckpointParts> ListAsync(HubRevision revision, HubLocation place, CancellationToken cancellation)
    {
        var there = (await revision.ListAsync(cancellation).ConfigureAwait(false)).ToDictionary(f => f.Path);
        var hasConfig = there.ContainsKey(SuiteLayout.Config);
        if (hasConfig && WeightFiles.Choose(there.ContainsKey) is { } weights)
            return new CheckpointParts(there, weights, place);
        throw new Llm360Exception(
            $"The revision has no {(hasConfig ? "weights that are read" : SuiteLayout.Config)}.",
            place.ToString(),
            $"It holds {(there.Count > 0 ? string.Join(", ", there.Keys.Take(20)) : "no files")}.");
    }

    /// <summary>Configuration, tokenizer, and the index of the weights if there is one.</summary>
    public IReadOnlyList<HubEntry> Small => [.. there.Values.Where(f => IsSmall(f.Path) || (f.Path == weights && HasIndex))];

    /// <summary>
    /// All files to fetch. Shards are recognised by their names, because the index may not be in
    /// the cache yet.
    /// </summary>
    public IReadOnlyList<HubEntry> All =>
        [.. Small, .. HasIndex ? there.Values.Where(f => WeightFiles.IsShardOf(f.Path, weights)) : [there[weights]]];

    private bool HasIndex => WeightFiles.IsIndex(weights);

    /// <summary>The files with tensors.</summary>
    /// <param name="folder">The folder with the index, if there is one.</param>
    /// <exception cref="Llm360Exception">The index names a shard that does not exist.</exception>
    public IReadOnlyList<HubEntry> WeightsIn(string folder)
    {
        return !HasIndex ? [there[weights]] : [.. ShardIndex.Read(Path.Combine(folder, weights)).Values.Distinct().Select(Shard)];

        HubEntry Shard(string name) => there.GetValueOrDefault(name)
            ?? throw new Llm360Exception(
                $"The shard {name} that {weights} names is not there.", place.ToString(), "Choose another revision.");
    }

    /// <summary>Whether a file is a configuration or belongs to a tokenizer.</summary>
    public static bool IsSmall(string name) =>
        name is SuiteLayout.Config or StopTokens.GenerationConfig || Tokenizers.FileNames.Contains(name);

    /// <summary>Whether a file can be part of a checkpoint.</summary>
    public static bool IsPart(string name) =>
        IsSmall(name) || Path.GetExtension(name) is ".safetensors" or ".bin" || WeightFiles.IsIndex(name);
}
