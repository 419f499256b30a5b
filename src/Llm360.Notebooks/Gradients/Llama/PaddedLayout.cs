// The layout of parameters with dimensions padded to whole vectors, so that kernels need no tails.

namespace Llm360.Notebooks;

/// <summary>One dimension: groups (heads, or one) of some size, each rounded up.</summary>
internal readonly record struct Extent(int Groups, int Size, int Padded)
{
    public int Total => Groups * Padded;
}

/// <summary>The place of a parameter in a padded buffer.</summary>
internal sealed record ParameterSlice(string Name, long Offset, Extent Rows, Extent Columns);

/// <summary>
/// Offsets of one block's matrices and norms. Query, key and value form one matrix, and so do gate
/// and up.
/// </summary>
internal readonly record struct BlockPlaces(long QueryKeyValue, long Output, long GateUp, long Down, long AttentionNorm, long MlpNorm);

/// <summary>
/// A LLaMA's parameters with padded dimensions, in the order of
/// <see cref="LlamaConfig.Parameters"/>. The padding is always zero.
/// </summary>
internal sealed class PaddedLayout
{
    public PaddedLayout(LlamaConfig config)
    {
        Config = config;
        Hidden = VectorWidth.Pad(config.HiddenSize);
        Head = VectorWidth.Pad(config.HeadDimension);
        Query = config.Heads * Head;
        KeyValue = config.KeyValueHeads * Head;
        Mlp = VectorWidth.Pad(config.IntermediateSize);
        Vocabulary = VectorWidth.Pad(config.VocabularySize);

        Extent hidden = new(1, config.HiddenSize, Hidden), mlp = new(1, config.IntermediateSize, Mlp);
        Extent vocabulary = new(1, config.VocabularySize, Vocabulary), one = new(1, 1, 1);
        Extent query = new(config.Heads, config.HeadDimension, Head), keyValue = new(config.KeyValueHeads, config.HeadDimension, Head);
        var places = new List<ParameterSlice>();
        Embedding = Add(LlamaNames.Embedding, vocabulary, hidden);
        var blocks = new List<BlockPlaces>();
        for (var i = 0; i < config.Layers; i++)
        {
            var attention = Add(LlamaNames.Query(i), query, hidden);
            Add(LlamaNames.Key(i), keyValue, hidden);
            Add(LlamaNames.Value(i), keyValue, hidden);
            var output = Add(LlamaNames.AttentionOutput(i), hidden, query);
            var gate = Add(LlamaNames.Gate(i), mlp, hidden);
            Add(LlamaNames.Up(i), mlp, hidden);
            var down = Add(LlamaNames.Down(i), hidden, mlp);
            var attentionNorm = Add(LlamaNames.AttentionNorm(i), one, hidden);
            var mlpNorm = Add(LlamaNames.MlpNorm(i), one, hidden);
            blocks.Add(new BlockPlaces(attention, output, gate, down, attentionNorm, mlpNorm));
        }

        FinalNorm = Add(LlamaNames.FinalNorm, one, hidden);
        Output = config.TiedHead ? Embedding : Add(LlamaNames.Head, vocabulary, hidden);
        Slices = places;
        Blocks = blocks;

        long Add(string name, Extent rows, Extent columns)
        {
            var offset = Count;
            places.Add(new ParameterSlice(name, offset, rows, columns));
            Count += (long)rows.Total * columns.Total;
            return offset;
        }
    }

    public LlamaConfig Config { get; }

    /// <summary>Padded widths.</summary>
    public int Hidden { get; }

    public int Head { get; }

    /// <summary>The heads with their padding.</summary>
    public HeadShape Heads => new(Config.Heads, Config.KeyValueHeads, Config.HeadDimension, Head);

    public int Query { get; }

    public int KeyValue { get; }

    public int QueryKeyValue => Query + (2 * KeyValue);

    public int Mlp { get; }

    public int Vocabulary { get; }

    /// <summary>Total number of values, including padding.</summary>
    public long Count { get; private set; }

    public long Embedding { get; }

    public long FinalNorm { get; }

    /// <summary>The head's matrix: the embedding when tied.</summary>
    public long Output { get; }

    public IReadOnlyList<BlockPlaces> Blocks { get; }

    public IReadOnlyList<ParameterSlice> Slices { get; }

    /// <summary>
    /// Whether nothing is padded; a <see cref="ParameterBuffer"/> then already has this layout.
    /// </summary>
    public bool IsPlain => Count == Config.ParameterCount;

    /// <summary>
    /// The matrices of the forward pass: offset, rows (outputs), columns (inputs).
    /// </summary>
    public IEnumerable<(long Offset, int Rows, int Columns)> Matrices()
    {
        foreach (var block in Blocks)
        {
            yield return (block.QueryKeyValue, QueryKeyValue, Hidden);
            yield return (block.Output, Hidden, Query);
            yield return (block.GateUp, 2 * Mlp, Hidden);
            yield return (block.Down, Hidden, Mlp);
        }

        yield return (Output, Vocabulary, Hidden);
    }

    /// <summary>The parameters of the blocks' matrices.</summary>
    public IReadOnlyList<ParameterSlice> BlockSlices() => [.. MatrixSlices().Where(m => m.Key != Output).SelectMany(m => m.Value)];

    /// <summary>The offsets of all norms.</summary>
    public IEnumerable<long> Norms() => Blocks.SelectMany(b => new[] { b.AttentionNorm, b.MlpNorm }).Append(FinalNorm);

    /// <summary>
    /// The parameters that make up each matrix of <see cref="Matrices"/>, by its offset.
    /// </summary>
    public IReadOnlyDictionary<long, ParameterSlice[]> MatrixSlices() => Matrices().ToDictionary(
        m => m.Offset, m => Slices.Where(s => s.Offset >= m.Offset && s.Offset < m.Offset + ((long)m.Rows * m.Columns)).ToArray());
}
