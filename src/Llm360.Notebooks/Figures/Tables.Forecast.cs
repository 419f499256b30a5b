// The table that sets a forecast of memorization beside the published one.

namespace Llm360.Notebooks;

public static partial class Tables
{
    /// <summary>Sequences of Pythia-12B's training, in millions: 143,000 steps of 1,024.</summary>
    private const double PythiaSequences = 146.4;

    /// <summary>Published forecasts of the last checkpoint of Pythia-12B: millions of sequences seen, precision, recall (Biderman et al. 2023, arXiv 2304.11158).</summary>
    private static readonly (double Seen, double Precision, double Recall)[] Pythia =
        [(23, 0.918, 0.500), (44, 0.915, 0.575), (65, 0.913, 0.641), (85, 0.911, 0.711), (105, 0.916, 0.809), (126, 0.943, 0.916)];

    /// <summary>Precision and recall of a forecast beside those of Pythia-12B at the same shares of training.</summary>
    public static Table ForecastSummary(MemorizationForecast forecast)
    {
        var checkpoints = forecast.Scores.Checkpoints.ToDictionary(c => c.Index);
        return new Table(
            $"Forecasting what {forecast.Last} of {forecast.Scores.Suite.Name} reproduces with k = {forecast.PromptLength}, l = {forecast.ContinuationLength}, beside Pythia-12B with k = l = 32 (arXiv 2304.11158), at the nearest share of training. They may differ because the models, the lengths and the rows do, and because here only sequences count that both checkpoints have seen. Here: {SampleText.Of(forecast.Scores)}.",
            [new("training done here"), new("precision", ColumnAlignment.Right), new("recall", ColumnAlignment.Right), new("Pythia-12B: training done", ColumnAlignment.Right), new("precision (published)", ColumnAlignment.Right), new("recall (published)", ColumnAlignment.Right), new("difference of recall", ColumnAlignment.Right)],
            [
                .. Pythia.Where(_ => forecast.Rows.Count > 0).Select(p =>
                {
                    var row = forecast.Rows.MinBy(r => Math.Abs(Share(r) - (p.Seen / PythiaSequences)))!;
                    return new[]
                    {
                        $"{checkpoints[row.Checkpoint]}, {FigureText.Percent(Share(row))}", Of(row.Both, row.Both + row.OnlyEarlier), Of(row.Both, row.Both + row.OnlyLast),
                        FigureText.Percent(p.Seen / PythiaSequences), FigureText.Number(p.Precision), FigureText.Number(p.Recall), double.IsFinite(row.Recall) ? FigureText.Signed(row.Recall - p.Recall) : "none",
                    };
                }),
            ]);

        double Share(ForecastRow row) => (double)checkpoints[row.Checkpoint].ChunksSeen / forecast.Last.ChunksSeen;
        static string Of(int count, int total) => total == 0 ? "nothing to compare" : $"{FigureText.Number((double)count / total)} ({count} of {total})";
    }
}
