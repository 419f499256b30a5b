// Matrix products of small matrices without packing, in register tiles of eight rows.
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Llm360.Notebooks;

/// <summary>Products c = a b and c = aᵀ b, float32.</summary>
/// <remarks>
/// The rows of c must be a multiple of 8 and its columns a multiple of 16. b is read row by row. x
/// Wᵀ therefore needs W transposed beforehand, once per step; dy W and dyᵀ x need no transposition.
/// The inner dimension is split into blocks, so that a strip of b of three vectors stays in the
/// first-level cache. If a is transposed, its cache lines are gathered first. Otherwise they would
/// be evicted before the next tile needs them.
/// </remarks>
internal static unsafe class Products
{
    private const int TileRows = 8, Vector = VectorWidth.Floats;

    /// <summary>Size of a block of the inner dimension.</summary>
    private const int Depth = 256;

    /// <summary>Smallest inner size for which gathering pays.</summary>
    private const int Deep = 64;

    /// <summary>c [m, n] = a [m, k] b [k, n]</summary>
    public static void Set(MatrixView c, MatrixView a, MatrixView b, int m, int n, int k) =>
        Run(c, null, a.Data, a.Stride, 1, b, m, n, k);

    /// <summary>
    /// c [m, n] = start [m, n] + a [m, k] b [k, n]; start has c's stride and may be c.
    /// </summary>
    public static void Add(MatrixView c, float* start, MatrixView a, MatrixView b, int m, int n, int k) =>
        Run(c, start, a.Data, a.Stride, 1, b, m, n, k);

    /// <summary>c [m, n] = aᵀ b, with a [k, m] and b [k, n]</summary>
    public static void SetTransposed(MatrixView c, MatrixView a, MatrixView b, int m, int n, int k) =>
        Run(c, null, a.Data, 1, a.Stride, b, m, n, k);

    /// <summary>c [m, n] += aᵀ b, with a [k, m] and b [k, n]</summary>
    public static void AddTransposed(MatrixView c, MatrixView a, MatrixView b, int m, int n, int k) =>
        Run(c, c.Data, a.Data, 1, a.Stride, b, m, n, k);

    /// <summary>Transposes a [rows, columns] into b [columns, rows].</summary>
    public static void Transpose(MatrixView b, MatrixView a, int rows, int columns)
    {
        // Tiles of 16 x 16: both sides stay in the first-level cache.
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

    private static void Run(MatrixView c, float* start, float* a, nint aRow, nint aStep, MatrixView b, int m, int n, int k)
    {
        var isGathered = aStep != 1 && k >= Deep;
        var gathered = stackalloc float[isGathered ? Depth * Vector : 1];
        for (var inner = 0; inner < k; inner += Depth)
        {
            var depth = Math.Min(Depth, k - inner);
            var part = a + (inner * aStep);
            if (!isGathered)
                RunStrips(c, start, part, aRow, aStep, b.From(inner), m, n, depth);
            for (var row = 0; isGathered && row < m; row += Vector)
            {
                var rows = Math.Min(Vector, m - row);
                Gather(gathered, part + row, aStep, rows, depth);
                var begin = start is null ? null : start + ((nint)row * c.Stride);
                RunStrips(c.From(row), begin, gathered, 1, Vector, b.From(inner), rows, n, depth);
            }

            start = c.Data; // The next block is added to these sums.
        }
    }

    // One line of 8 or 16 values for each inner index.
    private static void Gather(float* to, float* from, nint step, int rows, int depth)
    {
        for (var i = 0; i < depth; i++, from += step, to += Vector)
        {
            Vector256.Load(from).Store(to);
            if (rows == Vector)
                Vector256.Load(from + TileRows).Store(to + TileRows);
        }
    }

    private static void RunStrips(MatrixView c, float* start, float* a, nint aRow, nint aStep, MatrixView b, int m, int n, int k)
    {
        var isWide = Vector512.IsHardwareAccelerated;
        var width = isWide ? Vector512<float>.Count : Vector256<float>.Count;
        for (var column = 0; column < n;)
        {
            // Strips of three vectors are fastest, strips of one are slowest: four are split into
            // two and two.
            var left = (n - column) / width;
            var vectors = left is 4 or 2 ? 2 : Math.Min(left, 3);
            for (var row = 0; row < m; row += TileRows)
            {
                var at = ((nint)row * c.Stride) + column;
                if (start is not null)
                    Prefetch(start + at, c.Stride, vectors * width);
                var begin = start is null ? null : start + at;
                var tile = new Tile(a + (row * aRow), aRow, aStep, b.Data + column, b.Stride, c.Data + at, begin, c.Stride, k);
                if (isWide)
                    Tile512.Run(tile, vectors);
                else
                    Tile256.Run(tile, vectors);
            }

            column += vectors * width;
        }
    }

    // The tile adds to these values at its end; by then their cache lines have arrived.
    private static void Prefetch(float* first, nint stride, int columns)
    {
        if (!Sse.IsSupported)
            return;
        for (var r = 0; r < TileRows; r++)
        {
            for (var column = 0; column < columns; column += Vector)
                Sse.Prefetch0(first + (r * stride) + column);
        }
    }
}

/// <summary>Eight rows of a product, over some columns.</summary>
/// <param name="a">First value of the left matrix.</param>
/// <param name="aRow">Stride between rows of the left matrix.</param>
/// <param name="aStep">Stride of the left matrix along the inner dimension.</param>
/// <param name="b">First value of the right matrix.</param>
/// <param name="bStep">Stride of the right matrix along the inner dimension.</param>
/// <param name="c">First value of the result.</param>
/// <param name="start">Initial values of the sums; null for zero.</param>
/// <param name="cRow">Stride between rows of the result.</param>
/// <param name="k">The inner size.</param>
internal readonly unsafe ref struct Tile(float* a, nint aRow, nint aStep, float* b, nint bStep, float* c, float* start, nint cRow, int k)
{
    public readonly float* A = a, B = b, C = c, Start = start;
    public readonly nint ARow = aRow, AStep = aStep, BStep = bStep, CRow = cRow;
    public readonly int K = k;
}
