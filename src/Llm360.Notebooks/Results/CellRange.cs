// A range of a grid's cells by their numbers.
using System.Globalization;

namespace Llm360.Notebooks;

/// <summary>
/// Cells from one number to another, both included. Cells are counted in checkpoint order, from 0.
/// </summary>
/// <param name="First">The first number.</param>
/// <param name="Last">The last number.</param>
internal sealed record CellRange(long First, long Last)
{
    /// <summary>Reads <c>0-119</c>.</summary>
    /// <exception cref="Llm360Exception">The text is not of that form.</exception>
    public static CellRange Parse(string text)
    {
        var ends = text.Split('-');
        return ends.Length == 2 && TryNumber(ends[0], out var first) && TryNumber(ends[1], out var last) && first <= last
            ? new CellRange(first, last)
            : throw new Llm360Exception($"\"{text}\" is no range of cells.", "cells", "Write FIRST-LAST, for example 0-119.");
    }

    /// <summary><c>0-119</c></summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{First}-{Last}");

    private static bool TryNumber(string text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
