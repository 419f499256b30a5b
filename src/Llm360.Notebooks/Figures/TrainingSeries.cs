// A quantity logged along training.
namespace Llm360.Notebooks;

/// <summary>A quantity logged along training, one value a step (or a checkpoint).</summary>
/// <param name="Model">The trained model, for example <c>nano</c>.</param>
/// <param name="PositionLabel">
/// What the positions count, with unit: <c>tokens</c>, <c>step</c>, <c>checkpoint</c>.
/// </param>
/// <param name="Positions">Ascending.</param>
/// <param name="Values">Same length; NaN if nothing was logged.</param>
internal sealed record TrainingSeries(string Model, string PositionLabel, IReadOnlyList<double> Positions, IReadOnlyList<double> Values)
{
    internal int Known => Values.Count(double.IsFinite);

    internal void Require(string figure)
    {
        if (Positions.Count != Values.Count)
        {
            throw new Llm360Exception(
                $"There are {Positions.Count} positions but {Values.Count} values.",
                $"figure {figure}, {Model}",
                "Give one value for each position.");
        }

        if (Known == 0)
        {
            throw new Llm360Exception(
                "There is nothing to draw: no finite value.",
                $"figure {figure}, {Model}",
                "Check the training's metrics: every value is missing, NaN or infinite.");
        }

    }

    /// <summary>Position and value of the first and the last finite value.</summary>
    internal (double X, double Y) End(bool last, IReadOnlyList<double>? values = null)
    {
        values ??= Values;
        var i = last ? values.Count - 1 : 0;
        while (!double.IsFinite(values[i]))
            i += last ? -1 : 1;
        return (Positions[i], values[i]);
    }
}
