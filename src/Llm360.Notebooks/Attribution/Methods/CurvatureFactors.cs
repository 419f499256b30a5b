// Kronecker factors of the curvature of linear layers, and their refitted eigenvalues.
using TorchSharp;
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>
/// EK-FAC's factors (George et al. 2018, arXiv 1806.03884; Grosse et al. 2023), from true labels.
/// </summary>
/// <remarks>
/// For each layer, a is its input and g the gradient of the summed loss by its output. A = mean of
/// a aᵀ and S = mean of g gᵀ over the tokens that predict; eigenvalues ascend, eigenvectors are
/// columns. lambda [out, in] = mean over <b>rows</b> of (Q_Sᵀ dW Q_A)²; lambda_diagonal = mean over
/// rows of dW². Sums, eigenvalues and eigenvectors are float64. Two gradient passes over the rows.
/// </remarks>
internal static class CurvatureFactors
{
    public const string Input = "A", Output = "S", Lambda = "lambda", Diagonal = "lambda_diagonal";
    private static readonly GradientOptions Options = new();

    /// <summary>The eigenvalues of a side.</summary>
    public static string Eigenvalues(string side) => $"eigenvalues_{side}";

    /// <summary>The eigenvectors of a side.</summary>
    public static string Eigenvectors(string side) => $"Q_{side}";

    /// <summary>The name of a layer's tensor.</summary>
    public static string Name(LinearLayer layer, string tensor) => $"{layer.Module}.{tensor}";

    /// <summary>Computes the factors of a model on rows.</summary>
    /// <exception cref="Llm360Exception">There are no rows, or one has no gradient.</exception>
    public static TensorSet Compute(CheckpointPass at, RowBatch rows)
    {
        if (rows.Count == 0)
            throw new Llm360Exception(
                "The factors of the curvature need rows, and there are none.", $"checkpoint {at.Name}", "Choose chunks with rows.");
        var layers = BlockLinears.Of(at.Model.Config);
        using var limit = OperatorThreads.LimitToOne();
        using var scope = NewDisposeScope();
        var factors = new Dictionary<string, Tensor>();
        AddCovariances(at, rows, layers, factors);
        foreach (var layer in layers)
        {
            foreach (var side in new[] { Input, Output })
            {
                var (values, vectors) = linalg.eigh(factors[Name(layer, side)]);
                factors[Name(layer, Eigenvalues(side))] = values;
                factors[Name(layer, Eigenvectors(side))] = vectors.contiguous();
            }
        }

        AddEigenvalues(at, rows, layers, factors);
        return new TensorSet(factors);
    }

    private static void AddCovariances(
        CheckpointPass at, RowBatch rows, IReadOnlyList<LinearLayer> layers, Dictionary<string, Tensor> factors)
    {
        var tokens = 0L;
        foreach (var layer in layers)
        {
            factors[Name(layer, Input)] = zeros([layer.Inputs, layer.Inputs], float64, at.Model.Device);
            factors[Name(layer, Output)] = zeros([layer.Outputs, layer.Outputs], float64, at.Model.Device);
        }

        foreach (var (i, gradient) in rows.Gradients(at.Model, GradientForm.Factors, Options).Index())
        {
            using (gradient)
            {
                using var scope = NewDisposeScope();
                // The last token predicts nothing, so it has an input but no output gradient.
                var count = rows.Tokens[i].Length - 1;
                tokens += count;
                foreach (var layer in layers)
                {
                    var a = gradient.Tensors[LinearLayer.InputName(layer.Module)].narrow(0, 0, count);
                    var g = gradient.Tensors[LinearLayer.OutputGradientName(layer.Module)].narrow(0, 0, count);
                    factors[Name(layer, Input)].AddTo(a.t().matmul(a).to(float64));
                    factors[Name(layer, Output)].AddTo(g.t().matmul(g).to(float64));
                }
            }
        }

        using var mean = (1.0 / tokens).ToScalar();
        foreach (var factor in factors.Values)
            factor.mul_(mean);
    }

    private static void AddEigenvalues(
        CheckpointPass at, RowBatch rows, IReadOnlyList<LinearLayer> layers, Dictionary<string, Tensor> factors)
    {
        var bases = layers.ToDictionary(l => l, l => (
            In: factors[Name(l, Eigenvectors(Input))].to(float32), Out: factors[Name(l, Eigenvectors(Output))].to(float32).t()));
        foreach (var layer in layers)
        {
            factors[Name(layer, Lambda)] = zeros([layer.Outputs, layer.Inputs], float64, at.Model.Device);
            factors[Name(layer, Diagonal)] = zeros([layer.Outputs, layer.Inputs], float64, at.Model.Device);
        }

        foreach (var gradient in rows.Gradients(at.Model, GradientForm.Full, Options))
        {
            using (gradient)
            {
                using var scope = NewDisposeScope();
                foreach (var layer in layers)
                {
                    var dw = BlockLinears.Gradient(gradient, layer);
                    var rotated = bases[layer].Out.matmul(dw).matmul(bases[layer].In);
                    factors[Name(layer, Lambda)].AddTo(rotated.square().to(float64));
                    factors[Name(layer, Diagonal)].AddTo(dw.square().to(float64));
                }
            }
        }

        using var mean = (1.0 / rows.Count).ToScalar();
        foreach (var layer in layers)
        {
            factors[Name(layer, Lambda)].mul_(mean);
            factors[Name(layer, Diagonal)].mul_(mean);
        }
    }
}
