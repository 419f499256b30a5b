// The size of an index, known before it is built.
using System.Globalization;

namespace Llm360.Notebooks;

/// <summary>The size of an index.</summary>
/// <param name="Rows">Training rows.</param>
/// <param name="Checkpoints">Checkpoints.</param>
/// <param name="Floats">
/// Numbers stored for each row at each checkpoint; 0 for methods that store none.
/// </param>
public sealed record IndexSize(long Rows, int Checkpoints, long Floats)
{
    /// <summary>Bytes on disk, and bytes read for a query.</summary>
    public long Bytes => Rows * Checkpoints * Floats * sizeof(float);

    /// <summary>For example <c>9,216 rows x 3 checkpoints x 4,032 floats = 446 MB</c>.</summary>
    public override string ToString()
    {
        var grid = string.Create(
            CultureInfo.InvariantCulture, $"{Rows:N0} rows x {Checkpoints:N0} checkpoint{(Checkpoints == 1 ? "" : "s")}");
        return Floats == 0 ? $"{grid}, no vectors kept: a query computes the gradients of all rows"
            : string.Create(CultureInfo.InvariantCulture, $"{grid} x {Floats:N0} floats = {Size(Bytes)}");
    }

    private static string Size(long bytes) => bytes >= 1e9
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.#} GB")
        : string.Create(CultureInfo.InvariantCulture, $"{Math.Max(bytes, 100_000) / 1e6:0.#} MB");
}
