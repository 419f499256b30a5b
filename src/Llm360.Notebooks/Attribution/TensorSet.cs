// Named tensors with one owner, and arithmetic that keeps its scalars alive during native calls.
using TorchSharp;
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>Named tensors. They are in no dispose scope; disposing this disposes them.</summary>
internal sealed class TensorSet : IDisposable
{
    private readonly IReadOnlyDictionary<string, Tensor> tensors;

    public TensorSet(IEnumerable<KeyValuePair<string, Tensor>> tensors) =>
        this.tensors = tensors.ToDictionary(t => t.Key, t => t.Value.DetachFromDisposeScope());

    public IEnumerable<string> Names => tensors.Keys;

    public IReadOnlyDictionary<string, Tensor> All => tensors;

    public Tensor this[string name] => tensors[name];

    /// <summary>The sum of the dot products over all names.</summary>
    public double Dot(TensorSet other)
    {
        using var scope = NewDisposeScope();
        return tensors.Sum(t => (double)t.Value.reshape(-1).dot(other[t.Key].reshape(-1)).item<float>());
    }

    public void Dispose()
    {
        foreach (var tensor in tensors.Values)
            tensor.Dispose();
    }
}

/// <summary>Gradients of queries, ready to be multiplied with those of rows.</summary>
/// <param name="Count">Queries.</param>
/// <param name="Tensors">[queries, length] for each name.</param>
internal sealed record HeldQueries(int Count, TensorSet Tensors) : IDisposable
{
    public void Dispose() => Tensors.Dispose();
}

/// <summary>
/// Arithmetic with scalars. An implicit Scalar may be collected during the native call, so these
/// functions keep it alive.
/// </summary>
internal static class TensorMath
{
    private static readonly Scalar One = 1f.ToScalar();

    public static Tensor Times(this Tensor tensor, double factor)
    {
        using var scalar = factor.ToScalar();
        return tensor.mul(scalar);
    }

    public static Tensor Plus(this Tensor tensor, double number)
    {
        using var scalar = number.ToScalar();
        return tensor.add(scalar);
    }

    public static Tensor Plus(this Tensor tensor, Tensor other) => tensor.add(other, One);

    public static void AddTo(this Tensor sum, Tensor other) => sum.add_(other, One);

    /// <summary>
    /// Solves (matrix + ridge I) x = right for a symmetric, positive definite sum, float64.
    /// </summary>
    /// <param name="matrix">[n, n]</param>
    /// <param name="ridge">Added to the diagonal.</param>
    /// <param name="right">[n, columns]</param>
    public static Tensor SolveRidge(Tensor matrix, double ridge, Tensor right)
    {
        using var scope = NewDisposeScope();
        var lower = linalg.cholesky(matrix.Plus(eye(matrix.shape[0], dtype: float64).Times(ridge)));
        return right.cholesky_solve(lower).MoveToOuterDisposeScope();
    }
}
