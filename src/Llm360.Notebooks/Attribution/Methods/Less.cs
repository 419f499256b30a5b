// LESS: the cosine of the query's gradient and the row's Adam step.
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>
/// score = sum_i eta_i cos(g_i(query), D_i(row)), all parameters. D is the Adam step of a batch of
/// this row alone: u is the gradient of its mean loss, the units of the stored moments; m = b1
/// exp_avg + (1 - b1) u; v = b2 exp_avg_sq + (1 - b2) u²; n = step + 1; D = (m / (1 - b1^n)) /
/// (sqrt(v / (1 - b2^n)) + eps). Unit: learning rate times cosine. Positive: training on the row
/// lowers the query's loss. Xia et al. 2024, arXiv 2402.04333; here eps is outside the root, as in
/// Adam.
/// </summary>
internal sealed class Less() : ParameterGradientMethod("less", "learning rate × cosine")
{
    private const string First = "exp_avg.", Second = "exp_avg_sq.", Step = "step";

    public override bool UsesAllCheckpoints => true;

    public override bool UsesOptimizer => true;

    public override bool IsSumOverTokens => false;

    public override TensorSet? Fit(CheckpointPass at, RowBatch rows)
    {
        var parameters = at.Model.Config.Parameters().ToList();
        using var file = StateDict.Open(at.RequireOptimizer());
        foreach (var (name, shape) in parameters)
        {
            foreach (var prefix in new[] { First, Second })
            {
                if (!file.Entry(prefix + name).Shape.SequenceEqual(shape))
                {
                    throw new Llm360Exception($"The tensor {prefix}{name} has shape {file.Entry(prefix + name).ShapeText}.", file.Path,
                        "Use the optimizer file of the same checkpoint.");
                }
            }
        }

        using var scope = NewDisposeScope();
        var names = parameters.SelectMany(p => new[] { First + p.Name, Second + p.Name }).Append(Step);
        return new TensorSet(names.Select(n => KeyValuePair.Create(n, file.View(n).clone().to(at.Model.Device))));
    }

    public override double[] TokenScores(CheckpointPass at, TensorSet? state, HeldQueries held, int query, RowBatch row) =>
        throw new Llm360Exception("A score of less is no sum over the row's tokens, because Adam's step divides.", "method less",
            "Choose tracin, graddot, logra or ekfac.");

    protected override TensorSet OfQuery(CheckpointPass at, TensorSet? state, RowGradient gradient)
    {
        var norm = Norm(gradient.Tensors.Values);
        return Scaled(gradient.Tensors.Keys, gradient, norm > 0 ? at.RequireLearningRate() / norm : 0);
    }

    protected override TensorSet OfRow(CheckpointPass at, TensorSet? state, RowGradient gradient, int tokens)
    {
        using var scope = NewDisposeScope();
        var adam = at.Adam;
        var n = state![Step].to(int64).cpu().ReadCpuInt64(0) + 1;
        var steps = gradient.Tensors.ToDictionary(g => g.Key, g =>
        {
            using var inner = NewDisposeScope();
            var u = g.Value.Times(1.0 / (tokens - 1));
            var m = state[First + g.Key].Times(adam.Beta1).Plus(u.Times(1 - adam.Beta1));
            var v = state[Second + g.Key].Times(adam.Beta2).Plus(u.square().Times(1 - adam.Beta2));
            var root = v.Times(1 / (1 - Math.Pow(adam.Beta2, n))).sqrt().Plus(adam.Eps);
            return m.Times(1 / (1 - Math.Pow(adam.Beta1, n))).div(root).MoveToOuterDisposeScope();
        });
        var norm = Norm(steps.Values);
        return new TensorSet(steps.Select(s => KeyValuePair.Create(s.Key, s.Value.Times(norm > 0 ? 1 / norm : 0))));
    }
}
