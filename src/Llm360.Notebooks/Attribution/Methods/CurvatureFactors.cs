// Kronecker factors of the curvature of linear layers, and their refitted eigenvalues.
using System.Collections.Concurrent;
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
    private static readonly GradientOptions Options = new() { BlocksOnly = true };

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
        var layers = LinearLayer.OfBlocks(at.Model.Config);
        var factors = new ConcurrentDictionary<string, Tensor>();
        var shared = AddCovariances(at, rows, layers, factors);
        LayerWork.ForEach(layers, layer =>
        {
            Decompose(layer, Output);
            if (shared[layer] == layer)
                Decompose(layer, Input);
        });
        foreach (var (layer, first) in shared)
        {
            foreach (var tensor in new[] { Input, Eigenvalues(Input), Eigenvectors(Input) })
                factors.GetOrAdd(Name(layer, tensor), _ => factors[Name(first, tensor)].alias());
        }

        AddEigenvalues(at, rows, layers, factors);
        return new TensorSet(factors);

        void Decompose(LinearLayer layer, string side)
        {
            var (values, vectors) = linalg.eigh(factors[Name(layer, side)]);
            factors[Name(layer, Eigenvalues(side))] = values.DetachFromDisposeScope();
            factors[Name(layer, Eigenvectors(side))] = vectors.contiguous().DetachFromDisposeScope();
        }
    }

    // Returns for each layer the first layer with the same input: query, key and value share an
    // input, as do gate and up.
    private static Dictionary<LinearLayer, LinearLayer> AddCovariances(
        CheckpointPass at, RowBatch rows, IReadOnlyList<LinearLayer> layers, ConcurrentDictionary<string, Tensor> factors)
    {
        var (tokens, shared) = (0L, new Dictionary<LinearLayer, LinearLayer>());
        foreach (var (i, gradient) in rows.Gradients(at.Model, GradientForm.Factors, Options).Index())
        {
            using (gradient)
            {
                // The last token predicts no token, so it has an input but no output gradient.
                var count = rows.Tokens[i].Length - 1;
                tokens += count;
                if (shared.Count == 0)
                    shared = layers.ToDictionary(l => l, l => layers.First(f => ReferenceEquals(InputOf(f), InputOf(l))));
                LayerWork.ForEach(layers, layer =>
                {
                    Add(layer, Output, gradient.Tensors[LinearLayer.OutputGradientName(layer.Module)].narrow(0, 0, count));
                    if (shared[layer] == layer)
                        Add(layer, Input, InputOf(layer).narrow(0, 0, count));
                });

                Tensor InputOf(LinearLayer layer) => gradient.Tensors[LinearLayer.InputName(layer.Module)];
            }
        }

        using var mean = (1.0 / tokens).ToScalar();
        foreach (var factor in factors.Values)
            factor.mul_(mean);
        return shared;

        void Add(LinearLayer layer, string side, Tensor x) => Sum(factors, Name(layer, side), x.t().matmul(x));
    }

    private static void AddEigenvalues(
        CheckpointPass at, RowBatch rows, IReadOnlyList<LinearLayer> layers, ConcurrentDictionary<string, Tensor> factors)
    {
        using var scope = NewDisposeScope();
        var bases = layers.ToDictionary(l => l, l => (
            In: factors[Name(l, Eigenvectors(Input))].to(float32), Out: factors[Name(l, Eigenvectors(Output))].to(float32).t()));
        foreach (var gradient in rows.Gradients(at.Model, GradientForm.Full, Options))
        {
            using (gradient)
            {
                LayerWork.ForEach(layers, layer =>
                {
                    var dw = BlockLinears.Gradient(gradient, layer);
                    Sum(factors, Name(layer, Lambda), bases[layer].Out.matmul(dw).matmul(bases[layer].In).square());
                    Sum(factors, Name(layer, Diagonal), dw.square());
                });
            }
        }

        using var mean = (1.0 / rows.Count).ToScalar();
        foreach (var layer in layers)
        {
            factors[Name(layer, Lambda)].mul_(mean);
            factors[Name(layer, Diagonal)].mul_(mean);
        }
    }

    // Adds to a float64 sum, which is created by the first addition.
    private static void Sum(ConcurrentDictionary<string, Tensor> sums, string name, Tensor addition)
    {
        if (sums.TryGetValue(name, out var sum))
            sum.AddTo(addition);
        else
            sums[name] = addition.to(float64).contiguous().DetachFromDisposeScope();
    }
}
