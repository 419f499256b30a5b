// SwiGLU: silu(gate) up, and its gradient.
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>silu(g) u with silu(g) = g / (1 + exp(-g)) (Shazeer 2020, arXiv 2002.05202).</summary>
internal static unsafe class SwiGlu
{
    private const int Width = VectorWidth.Floats;

    /// <summary>silu(gate) up, in place of the gate.</summary>
    /// <param name="gate">Contiguous float32 on the CPU.</param>
    /// <param name="up">As <paramref name="gate"/>.</param>
    public static void Forward(Tensor gate, Tensor up)
    {
        var width = (int)gate.shape[^1];
        var (gates, ups) = (new MatrixView(TensorMemory.Floats(gate), width), new MatrixView(TensorMemory.Floats(up), width));
        Forward(gates, ups, (int)(gate.numel() / width));
        GC.KeepAlive((gate, up));
    }

    /// <summary>The same for rows without gaps, split among threads.</summary>
    public static void Forward(MatrixView gate, MatrixView up, int rows) =>
        Parallelism.ForRows(rows, gate.Stride, row => Forward(gate.Row((int)row), gate.Row((int)row), up.Row((int)row), gate.Stride));

    /// <summary>y [tokens, mlp] from gate and up [tokens, 2 mlp], which are adjacent.</summary>
    public static void Forward(MatrixView y, MatrixView gateUp, int tokens, int mlp)
    {
        for (var t = 0; t < tokens; t++)
            Forward(y.Row(t), gateUp.Row(t), gateUp.Row(t) + mlp, mlp);
    }

    /// <summary>
    /// The gradients of gate and up. y is recomputed for the gradient of the matrix after it.
    /// </summary>
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

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Forward(float* y, float* gate, float* up, int width)
    {
        var i = 0;
        for (; i <= width - Width; i += Width)
        {
            var g = Vector512.Load(gate + i);
            (g * Sigmoid(g) * Vector512.Load(up + i)).Store(y + i);
        }

        for (; i < width; i++)
            y[i] = gate[i] * (1 / (1 + MathF.Exp(-gate[i]))) * up[i];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Sigmoid(Vector512<float> x) => Vector512<float>.One / (Vector512<float>.One + Exponential.Of(-x));
}
