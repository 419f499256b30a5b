// The distance of two tensors of one shape.
namespace Llm360.Notebooks;

/// <summary>The difference of two tensors a and b.</summary>
/// <param name="Distance">Euclidean norm of a - b.</param>
/// <param name="Relative">Distance over the norm of b; NaN if both are zero.</param>
/// <param name="Largest">Largest |a - b|.</param>
/// <param name="Cosine">Cosine of the angle between a and b; NaN if one is zero.</param>
/// <param name="Different">Number of elements that are not equal.</param>
internal sealed record TensorDistance(double Distance, double Relative, double Largest, double Cosine, long Different)
{
    internal static TensorDistance Between(MappedFile fileA, TensorEntry a, MappedFile fileB, TensorEntry b)
    {
        var (bufferA, bufferB) = (new double[TensorPieces.Length], new double[TensorPieces.Length]);
        var piecesA = new TensorPieces(fileA, a);
        var piecesB = new TensorPieces(fileB, b);
        double squares = 0, squaresA = 0, squaresB = 0, product = 0, largest = 0;
        var different = 0L;
        while (piecesA.MoveNext() && piecesB.MoveNext())
        {
            var x = ElementValues.Widen(piecesA.Current, a.DType, bufferA);
            var y = ElementValues.Widen(piecesB.Current, b.DType, bufferB);
            for (var i = 0; i < x.Length; i++)
            {
                squaresA += x[i] * x[i];
                squaresB += y[i] * y[i];
                product += x[i] * y[i];
                // Equal infinities do not differ, and neither do two NaN.
                if (x[i].Equals(y[i]) || x[i] == y[i])
                    continue;
                var difference = Math.Abs(x[i] - y[i]);
                squares += difference * difference;
                largest = Math.Max(largest, difference);
                different++;
            }
        }

        var relative = Math.Sqrt(squares) / Math.Sqrt(squaresB);
        var cosine = product / Math.Sqrt(squaresA) / Math.Sqrt(squaresB);
        return new TensorDistance(Math.Sqrt(squares), relative, largest, cosine, different);
    }
}
