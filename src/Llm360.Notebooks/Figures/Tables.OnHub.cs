// Tables of a suite on the Hub, about which less is known than about a suite trained here.

namespace Llm360.Notebooks;

public static partial class Tables
{
    private const string Unknown = "not published as data";

    private static readonly TableColumn[] NothingToShow = [new("missing")];

    /// <summary>The table for a suite that does not have the data.</summary>
    private static Table Missing(string what, string why) => new($"{what}: nothing to show.", NothingToShow, [[why]]);

    /// <summary>
    /// The shape from the configuration of the last checkpoint. It does not contain training
    /// settings.
    /// </summary>
    private static Table PublishedHyperparameters(Suite suite)
    {
        var amber = Papers.Open(Paper);
        var model = suite.Checkpoints[^1].ConfigAsync().GetAwaiter().GetResult();
        return new Table(
            $"Architecture of {suite.Name} as its config.json on the Hub has it, and of Amber (arXiv 2312.06550). "
                + $"The settings of its training are {Unknown}.",
            [new("hyperparameter"), new(suite.Name, ColumnAlignment.Right), AmberColumn],
            [
                .. Shape(suite, model, amber),
                .. suite.Chunks.Count > 0
                    ? new[] { new[] { "chunks", FigureText.Count(suite.Chunks.Count), Whole(amber, "amber.chunks") } }
                    : [],
            ]);
    }

    private static Table PublishedOpenness(Suite suite, PublishedNumbers amber) => new(
        $"What can be studied of {suite.Name} from the Hub, and of Amber as LLM360 released it (arXiv 2312.06550).",
        [new("released"), new(suite.Name, ColumnAlignment.Right), AmberColumn, new("what it means here")],
        [
            ["checkpoints", FigureText.Count(suite.Checkpoints.Count), Whole(amber, "amber.checkpoints"), "revisions of one repository"],
            ["optimizer states", "none read", "none known", "attribution methods such as LESS need them"],
            ["training tokens", Tokens(suite), FigureText.Human(amber["amber.trainedTokens"]), "seen by the last checkpoint"],
            suite.Chunks.Count > 0
                ? ["order of the data", "known for every chunk", "known for every chunk", "the order within a chunk is not known"]
                : ["order of the data", Unknown, "known for every chunk", "training sequences cannot be scored"],
            File.Exists(suite.MetricsPath) ? ["training log", "every step", "every step", "loss, learning rate, gradient norm"]
                : ["training log", Unknown, "every step", "loss curves cannot be drawn"],
        ]);
}
