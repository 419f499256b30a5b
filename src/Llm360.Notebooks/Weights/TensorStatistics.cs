// Basic statistics of a tensor: its moments, its range, and whether all elements are finite.
namespace Llm360.Notebooks;

/// <summary>Moments of a tensor's elements.</summary>
/// <param name="Mean">Mean of the finite elements; NaN if there are none.</param>
/// <param name="Std">
/// Standard deviation of the finite elements over n - 1, as in torch; NaN for fewer than two.
/// </param>
/// <param name="Min">Smallest finite element; NaN when there are none.</param>
/// <param name="Max">Largest finite element; NaN when there are none.</param>
/// <param name="NonFinite">Number of NaN and infinite elements.</param>
internal sealed record TensorStatistics(double Mean, double Std, double Min, double Max, long NonFinite)
{
    /// <summary>
    /// Statistics of an entry in double precision, one block at a time (blocks are merged as in
    /// Chan, Golub and LeVeque 1983).
    /// </summary>
    internal static TensorStatistics Of(MappedFile file, TensorEntry entry)
    {
        var buffer = new double[TensorPieces.Length];
        var pieces = new TensorPieces(file, entry);
        double mean = 0, squares = 0, min = double.PositiveInfinity, max = double.NegativeInfinity;
        long count = 0, nonFinite = 0;
        while (pieces.MoveNext())
        {
            var values = ElementValues.Widen(pieces.Current, entry.DType, buffer);
            var (sum, n) = (0.0, 0);
            foreach (var x in values)
            {
                if (!double.IsFinite(x))
                    continue;
                (sum, n) = (sum + x, n + 1);
                (min, max) = (Math.Min(min, x), Math.Max(max, x));
            }

            nonFinite += values.Length - n;
            if (n == 0)
                continue;
            var pieceMean = sum / n;
            var pieceSquares = 0.0;
            foreach (var x in values)
                pieceSquares += double.IsFinite(x) ? (x - pieceMean) * (x - pieceMean) : 0;
            var difference = pieceMean - mean;
            squares += pieceSquares + (difference * difference * count * n / (count + n));
            mean += difference * n / (count + n);
            count += n;
        }

        return count == 0 ? new TensorStatistics(double.NaN, double.NaN, double.NaN, double.NaN, nonFinite)
            : new TensorStatistics(mean, Math.Sqrt(squares / (count - 1)), min, max, nonFinite);
    }
}
