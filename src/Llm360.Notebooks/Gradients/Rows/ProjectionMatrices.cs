// The random matrices that project gradients.
using TorchSharp;
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>
/// The two matrices of each parameter, as <see cref="GradientForm.Projected"/> defines them.
/// </summary>
internal sealed unsafe class ProjectionMatrices : IDisposable
{
    private readonly Dictionary<string, (Tensor Left, Tensor? Right)> matrices = [];

    public ProjectionMatrices(ModelConfig config, GradientOptions options, torch.Device device)
    {
        foreach (var (name, shape) in config.Parameters())
        {
            var right = shape.Length == 2 ? Make($"{name}/right", shape[1], options, device) : null;
            matrices.Add(name, (Make($"{name}/left", shape[0], options, device), right));
        }
    }

    /// <summary>L, [rows, size].</summary>
    public Tensor Left(string parameter) => matrices[parameter].Left;

    /// <summary>R of a matrix, [columns, size].</summary>
    public Tensor Right(string parameter) => matrices[parameter].Right!;

    public void Dispose()
    {
        foreach (var (left, right) in matrices.Values)
        {
            left.Dispose();
            right?.Dispose();
        }
    }

    private static Tensor Make(string purpose, long width, GradientOptions options, torch.Device device)
    {
        using var scope = NewDisposeScope();
        var size = options.ProjectedSize;
        if (width <= size)
            return eye(width, dtype: float32, device: device).DetachFromDisposeScope();
        var matrix = empty([width, size], float32, CPU);
        var random = SplitMix64.For(options.ProjectionSeed, purpose);
        var values = TensorMemory.Floats(matrix);
        var (count, entry) = (width * size, 1 / MathF.Sqrt(size));
        var bits = 0UL;
        for (var i = 0L; i < count; i++, bits >>= 1)
        {
            if (i % 64 == 0)
                bits = random.Next();
            values[i] = (bits & 1) == 0 ? -entry : entry;
        }

        return matrix.to(device).DetachFromDisposeScope();
    }
}
