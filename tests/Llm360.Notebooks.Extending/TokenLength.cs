// An analysis of one's own, complete in this file: the mean length of tokens, chunk by chunk.
using System.Text.Json.Serialization;

namespace Llm360.Notebooks.Extending;

/// <summary>What is kept of one chunk.</summary>
public sealed class TokenLengthRow
{
    /// <summary>Tokens counted.</summary>
    [JsonPropertyName("tokens")]
    public long Tokens { get; set; }

    /// <summary>Their mean length, bytes of UTF-8.</summary>
    [JsonPropertyName("mean_length")]
    public double MeanLength { get; set; }
}

/// <summary>What the numbers depend on.</summary>
/// <param name="Sequences">Sequences read from each chunk; null for all.</param>
public sealed record TokenLengthSettings(int? Sequences = null);

/// <summary>Mean length of tokens.</summary>
public static class TokenLength
{
    /// <summary>The mean length of tokens in chunks. Stored cells are read, the others
    /// computed.</summary>
    public static Task<GridRun<IReadOnlyList<TokenLengthRow>>> TokenLengthAsync(
        this Suite suite, TokenLengthSettings settings, string? results = null, GridOptions? options = null)
    {
        var tokenizer = new Lazy<ITokenizer>(suite.Tokenizer);
        var analysis = new GridAnalysis<IReadOnlyList<TokenLengthRow>>(
            "token-length",
            Version: 1,
            settings,
            new ParquetCells<TokenLengthRow>(),
            context => [Measure(context.Chunk, tokenizer.Value, settings, context.Cancellation)])
        {
            UsesTokenizer = true,
        };
        var store = new ResultStore<IReadOnlyList<TokenLengthRow>>(suite, analysis, results);
        return Grid.RunAsync(store, [suite.Checkpoints[^1]], suite.Chunks.AsItems(), options);
    }

    private static TokenLengthRow Measure(Chunk chunk, ITokenizer tokenizer, TokenLengthSettings settings, CancellationToken cancellation)
    {
        var lengths = ChunkReader.Read(chunk, settings.Sequences, cancellation)
            .SelectMany(row => row.TokenIds)
            .Select(token => (double)System.Text.Encoding.UTF8.GetByteCount(tokenizer.Decode([token])))
            .ToList();
        return new TokenLengthRow { Tokens = lengths.Count, MeanLength = lengths.Average() };
    }
}
