// Matrix products of small matrices without packing: tiles of eight rows held in registers.
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Llm360.Notebooks.Models.Cpu;

/// <summary>Products c = a b and c = aᵀ b, float32.</summary>
/// <remarks>
/// Rows of c must be a multiple of 8 and columns of 16. b is read row by row, so x Wᵀ wants W transposed beforehand, once a step; dy W and dyᵀ x need nothing.
/// For inner sizes of a few hundred, as here, b's strip of 48 columns stays in the first cache and nothing is gained by packing.
/// </remarks>
internal static unsafe class Products
{
    private const int TileRows = 8, Vector = VectorWidth.Floats;

    /// <summary>c [m, n] = a [m, k] b [k, n]</summary>
    public static void Set(Matrix c, Matrix a, Matrix b, int m, int n, int k) => Run(c, null, a.Data, a.Stride, 1, b, m, n, k);

    /// <summary>c [m, n] = start [m, n] + a [m, k] b [k, n]; the start has c's stride and may be c.</summary>
    public static void Add(Matrix c, float* start, Matrix a, Matrix b, int m, int n, int k) => Run(c, start, a.Data, a.Stride, 1, b, m, n, k);

    /// <summary>c [m, n] = aᵀ b, with a [k, m] and b [k, n]</summary>
    public static void SetTransposed(Matrix c, Matrix a, Matrix b, int m, int n, int k) => Run(c, null, a.Data, 1, a.Stride, b, m, n, k);

    /// <summary>c [m, n] += aᵀ b, with a [k, m] and b [k, n]</summary>
    public static void AddTransposed(Matrix c, Matrix a, Matrix b, int m, int n, int k) => Run(c, c.Data, a.Data, 1, a.Stride, b, m, n, k);

    /// <summary>Transposes a [rows, columns] into b [columns, rows].</summary>
    public static void Transpose(Matrix b, Matrix a, int rows, int columns)
    {
        // Tiles of 16 x 16: both sides stay in the first cache.
        for (var r = 0; r < rows; r += Vector)
        {
            for (var c = 0; c < columns; c += Vector)
            {
                for (var i = c; i < Math.Min(c + Vector, columns); i++)
                {
                    float* to = b.Row(i), from = a.Data + i;
                    for (var j = r; j < Math.Min(r + Vector, rows); j++)
                        to[j] = from[(nint)j * a.Stride];
                }
            }
        }
    }

    private static void Run(Matrix c, float* start, float* a, nint aRow, nint aStep, Matrix b, int m, int n, int k)
    {
        for (var column = 0; column < n;)
        {
            // Strips of three vectors are fastest, of one slowest: 64 columns are 32 + 32, not 48 + 16.
            var left = (n - column) / Vector;
            var vectors = left is 4 or 2 ? 2 : Math.Min(left, 3);
            for (var row = 0; row < m; row += TileRows)
            {
                var at = ((nint)row * c.Stride) + column;
                if (start is not null)
                    Prefetch(start + at, c.Stride, vectors);
                var tile = new Tile(a + (row * aRow), aRow, aStep, b.Data + column, b.Stride, c.Data + at, start is null ? null : start + at, c.Stride, k);
                if (Vector512.IsHardwareAccelerated)
                    Tile512.Run(tile, vectors);
                else
                    Tile256.Run(tile, vectors);
            }

            column += vectors * Vector;
        }
    }

    // Sums are added to at the end of a tile: by then their lines have arrived.
    private static void Prefetch(float* first, nint stride, int vectors)
    {
        if (!Sse.IsSupported)
            return;
        for (var r = 0; r < TileRows; r++)
        {
            for (var v = 0; v < vectors; v++)
                Sse.Prefetch0(first + (r * stride) + (v * Vector));
        }
    }
}

/// <summary>Eight rows of a product, over some columns.</summary>
/// <param name="a">First value of the left matrix.</param>
/// <param name="aRow">From one row of the left matrix to the next.</param>
/// <param name="aStep">From one inner index of the left matrix to the next.</param>
/// <param name="b">First value of the right matrix.</param>
/// <param name="bStep">From one inner index of the right matrix to the next.</param>
/// <param name="c">First value of the result.</param>
/// <param name="start">What the sums begin with; null for zero.</param>
/// <param name="cRow">From one row of the result to the next.</param>
/// <param name="k">The inner size.</param>
internal readonly unsafe ref struct Tile(float* a, nint aRow, nint aStep, float* b, nint bStep, float* c, float* start, nint cRow, int k)
{
    public readonly float* A = a, B = b, C = c, Start = start;
    public readonly nint ARow = aRow, AStep = aStep, BStep = bStep, CRow = cRow;
    public readonly int K = k;
}
