// Numbers of several dimensions as NumPy writes them: brackets, columns, and dots in the middle.
using System.Globalization;
using System.Text;

namespace Llm360.Notebooks.Kernel.Display;

/// <summary>The part of an array that is written: the first and last indexes of each
/// dimension.</summary>
internal sealed class NumberBlock
{
    private const int WholeUpTo = 1000, Edge = 3, MostNumbers = 4096;

    private readonly IReadOnlyList<long> shape;

    private NumberBlock(IReadOnlyList<long> shape, IReadOnlyList<long[]> indexes) => (this.shape, Indexes) = (shape, indexes);

    /// <summary>The indexes that are written, for each dimension.</summary>
    public IReadOnlyList<long[]> Indexes { get; }

    /// <summary>Chooses the part of an array to write; null for too many dimensions or no
    /// numbers.</summary>
    public static NumberBlock? Of(IReadOnlyList<long> shape)
    {
        var count = shape.Aggregate(1.0, (product, length) => product * length);
        if (count == 0 || shape.Count == 0)
            return null;
        for (var edge = count <= WholeUpTo ? int.MaxValue / 2 : Edge; edge > 0; edge = edge > Edge ? Edge : edge - 1)
        {
            var indexes = shape.Select(length => Shown(length, edge)).ToList();
            if (indexes.Aggregate(1.0, (product, shown) => product * shown.Length) <= MostNumbers)
                return new NumberBlock(shape, indexes);
        }

        return null;
    }

    /// <summary>A number with four digits.</summary>
    public static string Text(double value) => value.ToString("G4", CultureInfo.InvariantCulture);

    /// <summary>The text of the block.</summary>
    /// <param name="numbers">Its numbers, the last dimension fastest.</param>
    public string Write(IReadOnlyList<string> numbers)
    {
        var (text, next) = (new StringBuilder(), 0);
        Write(text, 0, numbers, numbers.Max(number => number.Length), ref next);
        return text.ToString();
    }

    private static long[] Shown(long length, int edge) =>
        length <= 2L * edge ? [.. Enumerable.Range(0, (int)length).Select(i => (long)i)]
        : [.. Enumerable.Range(0, edge).Select(i => (long)i), .. Enumerable.Range(0, edge).Select(i => length - edge + i)];

    private void Write(StringBuilder text, int dimension, IReadOnlyList<string> numbers, int width, ref int next)
    {
        var isLast = dimension == shape.Count - 1;
        var shown = Indexes[dimension];
        text.Append('[');
        for (var i = 0; i < shown.Length; i++)
        {
            if (i > 0)
                text.Append(isLast ? " " : Break(dimension));
            if (i > 0 && shown[i] != shown[i - 1] + 1)
                text.Append("...").Append(isLast ? " " : Break(dimension));
            if (isLast)
                text.Append(numbers[next++].PadLeft(width));
            else
                Write(text, dimension + 1, numbers, width, ref next);
        }

        text.Append(']');
    }

    // A blank line between matrices, and the column of the bracket that opened.
    private string Break(int dimension) => new string('\n', Math.Min(shape.Count - dimension - 1, 2)) + new string(' ', dimension + 1);
}
