// Projections of the gradients of block linears to one short vector per row.
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>
/// Makes a vector from each row's gradient. It consists of one part, or of one part per layer.
/// </summary>
internal abstract class GradientProjection : IDisposable
{
    /// <summary>The form of gradient that <see cref="Vector"/> takes.</summary>
    protected abstract GradientForm Form { get; }

    /// <summary>Length of each part.</summary>
    public abstract IReadOnlyList<long> Parts(ModelConfig config);

    /// <summary>Bytes of the projection's matrices.</summary>
    public abstract Int128 MatrixBytes(ModelConfig config);

    /// <summary>
    /// The vectors of rows, [rows, length], on the CPU; it belongs to the caller.
    /// </summary>
    /// <param name="at">The checkpoint.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="margin">Whether to use the negative margin instead of the loss.</param>
    /// <exception cref="Llm360Exception">
    /// A row has no gradient, or there is not enough memory.
    /// </exception>
    public Tensor Project(CheckpointPass at, RowBatch rows, bool margin)
    {
        var length = Parts(at.Model.Config).Sum();
        RequireMemory(at.Model.Config, rows.Count, at.MemoryLimit);
        var result = zeros([rows.Count, length], float32).DetachFromDisposeScope();
        try
        {
            foreach (var (i, gradient) in rows.Gradients(at.Model, Form, Options(margin)).Index())
            {
                using (gradient)
                using (var scope = NewDisposeScope())
                    result[i].copy_(Vector(at.Model.Config, gradient));
            }

            return result;
        }
        catch
        {
            result.Dispose();
            throw;
        }
    }

    /// <summary>Refuses a projection that does not fit in memory.</summary>
    /// <exception cref="Llm360Exception">It does not.</exception>
    public void RequireMemory(ModelConfig config, int rows, long limit)
    {
        var bytes = MatrixBytes(config) + ((Int128)Parts(config).Sum() * rows * sizeof(float));
        SizeCheck.RequireMemory(bytes, "The projection of gradients", "setting projected size",
            "Choose a smaller projected size or fewer rows a chunk, or raise the memory limit.", limit);
    }

    /// <summary>Splits products with a held vector by the tokens of a row.</summary>
    /// <param name="at">The checkpoint.</param>
    /// <param name="held">[length]</param>
    /// <param name="row">One row.</param>
    /// <param name="margin">As in <see cref="Project"/>.</param>
    public abstract double[] TokenParts(CheckpointPass at, Tensor held, RowBatch row, bool margin);

    public virtual void Dispose() => GC.SuppressFinalize(this);

    /// <summary>The options of the gradients.</summary>
    protected virtual GradientOptions Options(bool margin) => new() { IsMargin = margin, BlocksOnly = true };

    /// <summary>The vector of a row, [length].</summary>
    protected abstract Tensor Vector(ModelConfig config, RowGradient gradient);
}
