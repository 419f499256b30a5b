// Scores by name, for scripts.
using System.Globalization;
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>
/// Scores of a method by its name. Other names give scores that are not combined over checkpoints.
/// </summary>
internal static class FolderScores
{
    private const string PerCheckpoint = "tracin.per_checkpoint.";

    /// <summary>F64 [queries, rows]; for self-influence [rows].</summary>
    /// <exception cref="Llm360Exception">There is no such method or checkpoint.</exception>
    public static torch.Tensor Of(string name, AttributionSettings settings, StateDict? projections, AttributionProblem problem)
    {
        if (name == AttributionMethods.SelfInfluence)
            return torch.tensor(new TracIn().SelfScores(problem));
        if (!name.StartsWith(PerCheckpoint, StringComparison.Ordinal))
            return Tensor(AttributionMethods.Create(AttributionMethods.Parse(name), settings, projections).Score(problem));
        if (!int.TryParse(name[PerCheckpoint.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || number >= problem.Checkpoints.Count)
        {
            throw new Llm360Exception($"The suite has no checkpoint {Printable.Value(name[PerCheckpoint.Length..])}.", "--method",
                $"Choose 0 to {problem.Checkpoints.Count - 1}.");
        }

        return Tensor(new TracIn().PerCheckpoint(problem with { Checkpoints = [problem.Checkpoints[number]] })[0].Scores);
    }

    private static torch.Tensor Tensor(double[,] scores) =>
        torch.tensor([.. scores.Cast<double>()], [scores.GetLength(0), scores.GetLength(1)]);
}
