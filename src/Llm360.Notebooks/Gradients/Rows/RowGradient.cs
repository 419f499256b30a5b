// The gradient of one row's loss.
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>
/// d L / d parameters, with L = the sum or mean over t of -log p(token t+1 given 0..t). A step
/// against it lowers the loss.
/// </summary>
/// <remarks>The tensors are in no dispose scope; disposing this object disposes them.</remarks>
public sealed class RowGradient : IDisposable
{
    internal RowGradient(int row, GradientForm form, double loss, IReadOnlyDictionary<string, torch.Tensor> tensors) =>
        (Row, Form, Loss, Tensors) = (row, form, loss, tensors);

    /// <summary>Index of the row, counted from 0.</summary>
    public int Row { get; }

    /// <summary>The form of <see cref="Tensors"/>.</summary>
    public GradientForm Form { get; }

    /// <summary>
    /// L in nats (natural logarithm): nats per row for <see cref="LossReduction.Sum"/>, nats per
    /// token for <see cref="LossReduction.Mean"/>.
    /// </summary>
    public double Loss { get; }

    /// <summary>
    /// float32 tensors on the model's device, by the names of <see cref="GradientForm"/>. Several
    /// names may share memory: do not write to the tensors.
    /// </summary>
    public IReadOnlyDictionary<string, torch.Tensor> Tensors { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in Tensors.Values)
            tensor.Dispose();
    }

    /// <summary>
    /// The first non-finite part: <c>loss</c> or a tensor's name; null if everything is finite.
    /// </summary>
    internal string? NotFinite() => double.IsFinite(Loss) ? Tensors.FirstOrDefault(t => !IsFinite(t.Value)).Key : "loss";

    /// <summary>This gradient, if it is finite.</summary>
    /// <param name="wrong">What <see cref="NotFinite"/> found.</param>
    /// <exception cref="Llm360Exception">It is not. The gradient is disposed.</exception>
    internal RowGradient Checked(string? wrong)
    {
        if (wrong is null)
            return this;
        Dispose();
        throw new Llm360Exception(
            "The gradient of a row is not finite.",
            $"row {Row} (counted from 0), {wrong}",
            "Check the weights with llm360 inspect, and leave the row out if they are sound.");
    }

    // A sum is not finite if one of its values is not. A sum of finite values may overflow.
    private static bool IsFinite(torch.Tensor tensor)
    {
        using var scope = torch.NewDisposeScope();
        return float.IsFinite(tensor.sum().item<float>()) || tensor.isfinite().all().item<bool>();
    }
}
