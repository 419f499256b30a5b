// exp of sixteen floats at once.
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Llm360.Notebooks;

/// <summary>
/// exp by x = n ln 2 + r, |r| at most ln 2 / 2: 2^n by its bits, e^r by its series.
/// </summary>
/// <remarks>
/// The error is within 2 units in the last place of the float64 result from -87.3 to 88.3, where
/// e^x is a normal number. Outside this range the result saturates. NaN stays NaN.
/// </remarks>
internal static class Exponential
{
    public const float Lowest = -87.3f, Highest = 88.3f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Of(Vector512<float> x) =>
        OfBounded(Vector512.MinNative(Vector512.Create(Highest), x));

    /// <summary>For x known to be below <see cref="Highest"/>, as in a softmax.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> OfBounded(Vector512<float> x)
    {
        // If one operand is NaN, processors return either the second operand or the NaN. With x as
        // the second operand, NaN passes through.
        x = Vector512.MaxNative(Vector512.Create(Lowest), x);

        // Adding 1.5 x 2^23 leaves n, rounded, in the low bits.
        var round = Vector512.Create(12582912f);
        var shifted = Vector512.MultiplyAddEstimate(x, Vector512.Create(1.44269504f), round);
        var n = shifted - round;

        // ln 2 in two parts: the first has so few bits that n times it is exact.
        var r = Vector512.MultiplyAddEstimate(n, Vector512.Create(-0.693359375f), x);
        r = Vector512.MultiplyAddEstimate(n, Vector512.Create(2.12194440e-4f), r);

        var p = Vector512.Create(1 / 5040f);
        p = Vector512.MultiplyAddEstimate(p, r, Vector512.Create(1 / 720f));
        p = Vector512.MultiplyAddEstimate(p, r, Vector512.Create(1 / 120f));
        p = Vector512.MultiplyAddEstimate(p, r, Vector512.Create(1 / 24f));
        p = Vector512.MultiplyAddEstimate(p, r, Vector512.Create(1 / 6f));
        p = Vector512.MultiplyAddEstimate(p, r, Vector512.Create(0.5f));
        p = Vector512.MultiplyAddEstimate(p, r, Vector512<float>.One);
        p = Vector512.MultiplyAddEstimate(p, r, Vector512<float>.One);
        return p * Vector512.ShiftLeft(shifted.AsInt32() + Vector512.Create(127), 23).AsSingle();
    }
}
