// The table that compares a forecast of memorization with the published one.

namespace Llm360.Notebooks;

public static partial class Tables
{
    /// <summary>
    /// Precision and recall of a forecast beside those of Pythia-12B at the same shares of
    /// training.
    /// </summary>
    public static Table ForecastSummary(MemorizationForecast forecast)
    {
        var paper = Papers.Open("emergent-memorization");
        var all = paper["pythia-12b.sequences"];
        var published = paper.All("pythia-12b.forecast.sequencesSeen").Select(seen => seen / all)
            .Zip(paper.All("pythia-12b.forecast.precision"), paper.All("pythia-12b.forecast.recall"));
        var checkpoints = forecast.Scores.Checkpoints.ToDictionary(c => c.RequireIndex());
        return new Table(
            $"Forecasting what {forecast.Last} of {forecast.Scores.Suite.Name} reproduces with k = {forecast.PromptLength}, "
                + $"l = {forecast.ContinuationLength}, beside Pythia-12B with k = l = {Whole(paper, "pythia-12b.promptLength")} "
                + "(arXiv 2304.11158), at the nearest share of training. Other differences between the two studies: the model, "
                + "the lengths, the rows, and that only sequences count here that both checkpoints have read. "
                + $"Here: {SampleText.Of(forecast.Scores)}.",
            [
                new("training done here"),
                new("precision", ColumnAlignment.Right),
                new("recall", ColumnAlignment.Right),
                new("Pythia-12B: training done", ColumnAlignment.Right),
                new("precision (published)", ColumnAlignment.Right),
                new("recall (published)", ColumnAlignment.Right),
                new("difference in recall", ColumnAlignment.Right),
            ],
            [
                .. published.Where(_ => forecast.Rows.Count > 0).Select(p =>
                {
                    var row = forecast.Rows.MinBy(r => Math.Abs(Share(r) - p.First))!;
                    return new[]
                    {
                        $"{checkpoints[row.Checkpoint]}, {FigureText.Percent(Share(row))}",
                        Of(row.Both, row.Both + row.OnlyEarlier),
                        Of(row.Both, row.Both + row.OnlyLast),
                        FigureText.Percent(p.First),
                        FigureText.Number(p.Second),
                        FigureText.Number(p.Third),
                        double.IsFinite(row.Recall) ? FigureText.Signed(row.Recall - p.Third) : "none",
                    };
                }),
            ]);

        double Share(ForecastRow row) => (double)checkpoints[row.Checkpoint].RequireChunksSeen() / forecast.Last.RequireChunksSeen();
        static string Of(int count, int total) =>
            total == 0 ? "nothing to compare" : $"{FigureText.Number((double)count / total)} ({count} of {total})";
    }
}
