// TracInCP of the head alone, from forward passes.
using TorchSharp;
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>
/// score = sum_i eta_i sum over t, s of (h'_t . h_s)(e'_t . e_s): h is the hidden state after the
/// last norm, e = softmax(logits) - onehot(target), ' marks the query. It equals
/// <see cref="TracIn"/> over the head's weight and needs no backward pass. Unit: nats. Positive:
/// training on the row lowers the query's loss. Pruthi et al. 2020, arXiv 2002.08484, section 3.6.
/// </summary>
/// <remarks>
/// The double sum is the product of two matrices eᵀ h, [vocabulary, hidden]; one is kept for each
/// query. CrystalCoder's constant factor of the logits is left out.
/// </remarks>
internal sealed class TracInHead() : GradientMethod("tracin_head", "nats")
{
    private const string Head = "head";

    public override bool UsesAllCheckpoints => true;

    public override bool IsSumOverTokens => true;

    /// <summary>A token's contribution: its e times U times its h.</summary>
    public override double[] TokenScores(CheckpointPass at, TensorSet? state, HeldQueries held, int query, RowBatch row)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        var (h, e) = Parts(at.Model, row.Tokens[0]);
        var u = held.Tensors[Head][query].view(e.shape[1], h.shape[1]);
        // The last token predicts no token.
        return [.. e.matmul(u).mul(h).sum(1).to(float64).cpu().data<double>().ToArray(), 0];
    }

    protected override IEnumerable<TensorSet> QueryFeatures(CheckpointPass at, TensorSet? state, RowBatch queries)
    {
        var rate = at.RequireLearningRate();
        return Products(at, queries, rate);
    }

    protected override IEnumerable<TensorSet> RowFeatures(CheckpointPass at, TensorSet? state, RowBatch rows) => Products(at, rows, 1);

    private static IEnumerable<TensorSet> Products(CheckpointPass at, RowBatch rows, double factor)
    {
        rows.Check(at.Model);
        foreach (var (i, row) in rows.Tokens.Index())
        {
            AmbientWork.Cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            using var mode = no_grad();
            var (h, e) = Parts(at.Model, row);
            var product = e.t().matmul(h).Times(factor); // [vocabulary, hidden]
            if (!float.IsFinite(product.sum().item<float>()))
            {
                throw new Llm360Exception("The logits of a row are not finite.", rows.PlaceOf(i),
                    "Check the weights with llm360 inspect, and leave the row out if they are sound.");
            }

            yield return new TensorSet([KeyValuePair.Create(Head, product)]);
        }
    }

    private static (Tensor Hidden, Tensor Errors) Parts(LanguageModel model, int[] row)
    {
        var ids = tensor(row.Select(t => (long)t).ToArray(), [1, row.Length], device: model.Device);
        var hidden = model.ForwardChecked(ids.narrow(1, 0, row.Length - 1))[0]; // [predictions, hidden]
        var errors = model.Logits(hidden).to(float32).softmax(-1); // [predictions, vocabulary]
        using var minusOne = (-1f).ToScalar();
        errors.scatter_add_(1, ids[0].narrow(0, 1, row.Length - 1).unsqueeze(1),
            full([row.Length - 1, 1], minusOne, float32, model.Device));
        return (hidden.to(float32), errors);
    }
}
