// SwiGLU's element-wise part, silu(gate) up, and its gradient.
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Llm360.Notebooks;

/// <summary>silu(g) u with silu(g) = g / (1 + exp(-g)); gate and up lie side by side.</summary>
internal static unsafe class GatedUnit
{
    /// <summary>y [tokens, mlp] of gate and up [tokens, 2 mlp].</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Forward(MatrixView y, MatrixView gateUp, int tokens, int mlp)
    {
        for (var t = 0; t < tokens; t++)
        {
            float* gate = gateUp.Row(t), up = gate + mlp, to = y.Row(t);
            for (var i = 0; i < mlp; i += VectorWidth.Floats)
            {
                var g = Vector512.Load(gate + i);
                (g * Sigmoid(g) * Vector512.Load(up + i)).Store(to + i);
            }
        }
    }

    /// <summary>The gradient by gate and up, and y once more for the gradient of the matrix behind it.</summary>
    /// <param name="dGateUp">[tokens, 2 mlp], overwritten.</param>
    /// <param name="y">Holds dy on entry, y afterwards: [tokens, mlp].</param>
    /// <param name="gateUp">From the forward pass.</param>
    /// <param name="tokens">Number of tokens.</param>
    /// <param name="mlp">Padded width.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Backward(MatrixView dGateUp, MatrixView y, MatrixView gateUp, int tokens, int mlp)
    {
        for (var t = 0; t < tokens; t++)
        {
            float* gate = gateUp.Row(t), up = gate + mlp, dGate = dGateUp.Row(t), dUp = dGate + mlp, both = y.Row(t);
            for (var i = 0; i < mlp; i += VectorWidth.Floats)
            {
                Vector512<float> g = Vector512.Load(gate + i), u = Vector512.Load(up + i), dy = Vector512.Load(both + i);
                var sigmoid = Sigmoid(g);
                var silu = g * sigmoid;
                (dy * u * (sigmoid + (silu * (Vector512<float>.One - sigmoid)))).Store(dGate + i);
                (dy * silu).Store(dUp + i);
                (silu * u).Store(both + i);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Sigmoid(Vector512<float> x) => Vector512<float>.One / (Vector512<float>.One + Exponential.Of(-x));
}
