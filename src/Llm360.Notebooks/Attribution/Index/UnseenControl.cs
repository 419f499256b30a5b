// A control without retraining: rows that a checkpoint had not seen cannot have influenced it.
using System.Runtime.InteropServices;

namespace Llm360.Notebooks;

/// <summary>
/// How well a method ranks rows that a checkpoint had seen above those it had not.
/// </summary>
/// <param name="Checkpoint">The checkpoint.</param>
/// <param name="Auc">
/// Probability that a seen row ranks above an unseen one, ties counted half: 0.5 for chance; NaN if
/// one of the groups is empty.
/// </param>
/// <param name="Low">Lower end of the 95% interval (DeLong et al. 1988).</param>
/// <param name="High">Upper end.</param>
/// <param name="Seen">Seen rows.</param>
/// <param name="Unseen">Unseen rows that were compared.</param>
/// <param name="NearDuplicates">
/// Unseen rows left out, because they share a run of 32 tokens with a seen row.
/// </param>
/// <param name="TopUnseen">
/// Share of unseen rows among the first <paramref name="TopCount"/> of the compared rows.
/// </param>
/// <param name="TopCount">k.</param>
public sealed record UnseenControl(
    Checkpoint Checkpoint, double Auc, double Low, double High, int Seen, int Unseen, int NearDuplicates, double TopUnseen, int TopCount)
{
    private const double Z = 1.959964;

    /// <summary>
    /// Share of unseen rows among all compared rows: the share in the top expected by chance.
    /// </summary>
    public double UnseenShare => (double)Unseen / Math.Max(1, Seen + Unseen);

    /// <summary>The control of one checkpoint's scores.</summary>
    internal static UnseenControl Of(Checkpoint checkpoint, IReadOnlyList<double> scores, IReadOnlyList<RowExposure> rows, int top)
    {
        var seenChunks = checkpoint.RequireChunksSeen();
        var (seen, unseen) = (new List<double>(), new List<double>());
        var compared = new List<(double Score, bool IsSeen)>();
        var duplicates = 0;
        foreach (var (row, score) in rows.Zip(scores))
        {
            var isSeen = row.Chunk < seenChunks;
            if (!isSeen && row.FirstChunk < seenChunks)
            {
                duplicates++;
                continue;
            }

            (isSeen ? seen : unseen).Add(score);
            compared.Add((score, isSeen));
        }

        var first = compared.OrderByDescending(c => c.Score).Take(top).ToList();
        var share = first.Count == 0 ? double.NaN : (double)first.Count(c => !c.IsSeen) / first.Count;
        var (auc, low, high) = DeLong(seen, unseen);
        return new UnseenControl(checkpoint, auc, low, high, seen.Count, unseen.Count, duplicates, share, first.Count);
    }

    /// <summary>The area under the ROC curve and its 95% interval.</summary>
    internal static (double Auc, double Low, double High) DeLong(List<double> positive, List<double> negative)
    {
        if (positive.Count == 0 || negative.Count == 0)
            return (double.NaN, double.NaN, double.NaN);
        double[] up = [.. positive.Order()], down = [.. negative.Order()];
        // The share of the other group that each value exceeds.
        double[] above = [.. positive.Select(p => Below(down, p))], beneath = [.. negative.Select(n => 1 - Below(up, n))];
        var auc = above.Average();
        var half = Z * Math.Sqrt((Variance(above) / above.Length) + (Variance(beneath) / beneath.Length));
        return (auc, Math.Max(0, auc - half), Math.Min(1, auc + half));

        static double Below(double[] sorted, double value)
        {
            var (less, notMore) = (Count(sorted, value, orEqual: false), Count(sorted, value, orEqual: true));
            return (less + (0.5 * (notMore - less))) / sorted.Length;
        }

        static int Count(double[] sorted, double value, bool orEqual)
        {
            var (low, high) = (0, sorted.Length);
            while (low < high)
            {
                var middle = (low + high) / 2;
                if (sorted[middle] < value || (orEqual && sorted[middle] == value))
                    low = middle + 1;
                else
                    high = middle;
            }

            return low;
        }

        static double Variance(double[] values)
        {
            var mean = values.Average();
            return values.Length < 2 ? 0 : values.Sum(v => (v - mean) * (v - mean)) / (values.Length - 1);
        }
    }
}

/// <summary>The first appearance of a row's text in the training data.</summary>
/// <param name="Chunk">The row's chunk.</param>
/// <param name="FirstChunk">
/// The first indexed chunk that contains a run of 32 of its tokens.
/// </param>
internal readonly record struct RowExposure(int Chunk, int FirstChunk)
{
    private const int Run = 32;

    /// <summary>The exposures of rows.</summary>
    public static IReadOnlyList<RowExposure> Of(IReadOnlyList<AttributionRow> rows)
    {
        var first = new Dictionary<UInt128, int>();
        foreach (var row in rows)
        {
            foreach (var window in Windows(row.TokenIds))
            {
                ref var chunk = ref CollectionsMarshal.GetValueRefOrAddDefault(first, window, out var exists);
                chunk = exists ? Math.Min(chunk, row.Chunk) : row.Chunk;
            }
        }

        return [.. rows.Select(r => new RowExposure(r.Chunk, Windows(r.TokenIds).Select(w => first[w]).DefaultIfEmpty(r.Chunk).Min()))];
    }

    // By 128-bit hashes: the probability that two different windows have the same hash is 1e-26 for
    // a million rows.
    private static IEnumerable<UInt128> Windows(int[] tokens)
    {
        var length = Math.Min(Run, tokens.Length);
        for (var i = 0; i + length <= tokens.Length; i++)
            yield return System.IO.Hashing.XxHash128.HashToUInt128(MemoryMarshal.AsBytes(tokens.AsSpan(i, length)));
    }
}
