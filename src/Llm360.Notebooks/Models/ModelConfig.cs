// The part of config.json that all model families share.
namespace Llm360.Notebooks;

/// <summary>The shape of a model, read from <c>config.json</c>.</summary>
public abstract record ModelConfig
{
    /// <summary>The file's name in a checkpoint's folder.</summary>
    public const string FileName = "config.json";

    /// <summary>Width of the residual stream.</summary>
    public abstract int HiddenSize { get; init; }

    /// <summary>Width of the MLP.</summary>
    public abstract int IntermediateSize { get; init; }

    /// <summary>Number of blocks.</summary>
    public abstract int Layers { get; init; }

    /// <summary>Attention heads.</summary>
    public abstract int Heads { get; init; }

    /// <summary>Key-value heads; fewer than <see cref="Heads"/> for grouped attention.</summary>
    public virtual int KeyValueHeads => Heads;

    /// <summary>Width of one head.</summary>
    public virtual int HeadDimension => HiddenSize / Heads;

    /// <summary>Entries of the vocabulary.</summary>
    public abstract int VocabularySize { get; init; }

    /// <summary>Longest sequence trained on.</summary>
    public abstract int MaximumLength { get; init; }

    /// <summary>Rotary position embeddings.</summary>
    public abstract RotaryConfig Rotary { get; }

    /// <summary>Number of parameters.</summary>
    public long ParameterCount => (long)Int128.Min(CountParameters(), long.MaxValue);

    /// <summary>Name of the embedding, whose device and type are the model's.</summary>
    internal abstract string EmbeddingName { get; }

    /// <summary>Name of the head if it is the embedding: a file may hold a copy.</summary>
    internal abstract string? TiedHeadName { get; }

    /// <summary>
    /// Whether linear layers of blocks store their weights as [in, out] (Conv1D) instead of [out,
    /// in].
    /// </summary>
    internal virtual bool HasInputFirst => false;

    /// <summary>
    /// Whether all angles depend on the length of the sequence once it exceeds the trained length.
    /// </summary>
    internal bool HasDynamicAngles => Rotary.Scaling is { Type: RopeScalingType.Dynamic };

    /// <summary>Positions that a sequence may have; dynamic angles have no limit.</summary>
    internal int LongestSequence => HasDynamicAngles ? int.MaxValue : MaximumLength;

    /// <summary>Reads a model's <c>config.json</c> of any family.</summary>
    /// <exception cref="Llm360Exception">
    /// It is missing or malformed, of another architecture, or has a key that changes the
    /// computation in an unsupported way.
    /// </exception>
    public static ModelConfig Read(string path)
    {
        var json = new ConfigReader(path);
        return ModelFamilies.Of(json).Read(json);
    }

    /// <summary>
    /// Number of parameters, computed without listing every layer: a configuration that was not yet
    /// compared with weights may ask for a billion layers.
    /// </summary>
    internal Int128 CountParameters()
    {
        var (none, one) = (Count(this with { Layers = 0 }), Count(this with { Layers = 1 }));
        return none + (Layers * (one - none));

        static Int128 Count(ModelConfig config) => config.Parameters()
            .Aggregate(Int128.Zero, (sum, p) => sum + p.Shape.Aggregate(Int128.One, (a, b) => a * b));
    }

    /// <summary>Name and shape of every parameter, in the order of <c>transformers</c>.</summary>
    public abstract IEnumerable<(string Name, long[] Shape)> Parameters();

    /// <summary>
    /// Whether a checkpoint may hold a tensor of this name in addition to the parameters, such as a
    /// computed buffer or a copy of tied weights.
    /// </summary>
    internal abstract bool IsIgnored(string name);
}
