// Methods on the gradients by parameters: their parameters, and the features of query and row.
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>A method on full gradients of a row's summed loss.</summary>
internal abstract class ParameterGradientMethod(string name, string unit) : GradientMethod(name, unit)
{
    public override bool IsSumOverTokens => true;

    public override double[] SelfScores(CheckpointPass at, TensorSet? state, RowBatch rows)
    {
        var scores = new double[rows.Count];
        foreach (var (i, gradient) in rows.Gradients(at.Model, GradientForm.Full, Options).Index())
        {
            using (gradient)
            using (var query = OfQuery(at, state, gradient))
            using (var row = OfRow(at, state, gradient, rows.Tokens[i].Length))
                scores[i] = query.Dot(row);
        }

        return scores;
    }

    /// <summary>
    /// A token's contribution is its output gradient times U times its input, summed over linear
    /// layers, plus that of its embedding. Norms and biases are left out, because their gradients
    /// are known only as sums over tokens.
    /// </summary>
    public override double[] TokenScores(CheckpointPass at, TensorSet? state, HeldQueries held, int query, RowBatch row)
    {
        using var gradient = row.Gradients(at.Model, GradientForm.Factors, Options).Single();
        return TokenParts.Of(at.Model.Config, gradient, row.Tokens[0], name => held.Tensors.All.GetValueOrDefault(name)?[query]);
    }

    protected override IEnumerable<TensorSet> QueryFeatures(CheckpointPass at, TensorSet? state, RowBatch queries)
    {
        foreach (var gradient in queries.Gradients(at.Model, GradientForm.Full, Options))
        {
            using (gradient)
                yield return OfQuery(at, state, gradient);
        }
    }

    protected override IEnumerable<TensorSet> RowFeatures(CheckpointPass at, TensorSet? state, RowBatch rows)
    {
        foreach (var (i, gradient) in rows.Gradients(at.Model, GradientForm.Full, Options).Index())
        {
            using (gradient)
                yield return OfRow(at, state, gradient, rows.Tokens[i].Length);
        }
    }

    /// <summary>The features of a query.</summary>
    protected abstract TensorSet OfQuery(CheckpointPass at, TensorSet? state, RowGradient gradient);

    /// <summary>
    /// The features of a row with <paramref name="tokens"/> tokens. By default its gradient by the
    /// same parameters.
    /// </summary>
    protected virtual TensorSet OfRow(CheckpointPass at, TensorSet? state, RowGradient gradient, int tokens) =>
        Scaled(Parameters(at.Model.Config), gradient, 1);

    /// <summary>Whether only block linears count; all parameters do by default.</summary>
    protected virtual bool BlocksOnly => false;

    /// <summary>The parameters that count.</summary>
    protected IEnumerable<string> Parameters(ModelConfig config) =>
        BlocksOnly ? LinearLayer.OfBlocks(config).Select(l => l.Parameter) : config.Parameters().Select(p => p.Name);

    private GradientOptions Options => new() { BlocksOnly = BlocksOnly };

    /// <summary>Gradients by some parameters, times a number.</summary>
    protected static TensorSet Scaled(IEnumerable<string> names, RowGradient gradient, double factor) => new(
        names.Select(n => KeyValuePair.Create(n, factor == 1 ? gradient.Tensors[n].alias() : gradient.Tensors[n].Times(factor))));

    /// <summary>The norm over some parameters.</summary>
    protected static double Norm(IEnumerable<Tensor> tensors)
    {
        using var scope = NewDisposeScope();
        return Math.Sqrt(tensors.Sum(t => (double)t.to(float64).square().sum().item<double>()));
    }
}
