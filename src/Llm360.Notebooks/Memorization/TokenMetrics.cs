// Metrics of a sequence from one pass with the true tokens.
using System.IO.Compression;
using System.Text;

namespace Llm360.Notebooks;

/// <summary>Loss, log p_z, Min-K% and similar metrics, from the scores of every position.</summary>
internal static class TokenMetrics
{
    private const double MinKShare = 0.2;

    /// <summary>Fills in a row's token metrics.</summary>
    /// <param name="row">The row.</param>
    /// <param name="positions">[k + l - 1]: scores of tokens 1 to k + l - 1.</param>
    /// <param name="tokens">The first k + l tokens.</param>
    /// <param name="promptLength">k.</param>
    /// <param name="tokenizer">For the zlib ratio; null for none.</param>
    public static void Fill(
        MemorizationRow row, ReadOnlySpan<TokenScore> positions, ReadOnlySpan<int> tokens, int promptLength, ITokenizer? tokenizer)
    {
        var hits = new char[positions.Length];
        double[] logs = new double[positions.Length], standardised = new double[positions.Length];
        for (var i = 0; i < positions.Length; i++)
        {
            var p = positions[i];
            hits[i] = p.Argmax == tokens[i + 1] ? '1' : '0';
            logs[i] = p.LogProbability;
            standardised[i] = (p.LogProbability + p.Entropy) / p.Deviation;
        }

        row.Hits = new string(hits);
        row.LogPz = logs[(promptLength - 1)..].Sum();
        row.Loss = -logs[(promptLength - 1)..].Average();
        row.LossAll = -logs.Average();
        row.MinK = LowestMean(logs);
        row.MinKPlus = LowestMean(standardised);
        row.ZlibRatio = tokenizer is null ? null : row.LossAll / CompressedBytes(tokenizer.Decode(tokens.ToArray()));
    }

    private static double LowestMean(double[] values) => values.Order().Take(Math.Max(1, (int)(MinKShare * values.Length))).Average();

    private static long CompressedBytes(string text)
    {
        using var bytes = new MemoryStream();
        using (var zlib = new ZLibStream(bytes, CompressionLevel.Optimal, leaveOpen: true))
            zlib.Write(Encoding.UTF8.GetBytes(text));
        return bytes.Length;
    }
}
