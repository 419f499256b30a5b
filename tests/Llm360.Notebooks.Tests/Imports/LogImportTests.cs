// Import of Weights & Biases and trackio logs; a broken line gives one error with its number.
namespace Llm360.Notebooks.Tests;

public sealed class LogImportTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_csv_of_a_chart_has_steps_and_drops_ranges_and_texts()
    {
        var log = Notebooks.Imports.Log(Write("chart.csv", """
            "Step","amber - train/loss","amber - train/loss__MIN","amber - train/loss__MAX","note"
            "2","2.5","2","3","a ""quoted"", note"
            "1","7.25","7","8",""
            "3","NaN","","","late"
            """));
        var curve = Assert.Single(log.Curves);
        Assert.Equal(("amber - train/loss", "Step"), (curve.Name, log.PositionLabel));
        Assert.Equal([1, 2, 3], curve.Positions);
        Assert.Equal([7.25, 2.5, double.NaN], curve.Values);
        var figure = Figures.TrainingLoss(log, "amber - train/loss");
        Assert.Equal("Training loss falls from 7.25 to 2.5 nats per token", figure.Title);
    }

    [Fact]
    public void Json_lines_keep_what_each_row_has()
    {
        const string byteOrderMark = "\uFEFF";
        var log = Notebooks.Imports.Log(Write("history.jsonl", byteOrderMark + """
            {"_step": 0, "_timestamp": 1.7e9, "loss": 8.0, "learning_rate": 0.0, "gradients/x": {"_type": "histogram"}}

            {"_step": 1, "_timestamp": 1.8e9, "loss": "Infinity", "custom_step": 7}
            {"_step": 2, "loss": 4.0, "learning_rate": 3e-4}
            """), model: "Amber");
        Assert.Equal(["loss", "learning_rate"], log.Curves.Select(c => c.Name));
        Assert.Equal([0, 2], log.Find("learning_rate").Positions);
        Assert.Equal("step", log.PositionLabel);
        Assert.Equal("The learning rate peaks at 0.0003 and ends at 0.0003", Figures.LearningRate(log).Title);
    }

    [Fact]
    public async Task The_parquet_file_of_trackio_has_several_runs()
    {
        TrackioRow[] rows =
        [
            .. Enumerable.Range(0, 6).Select(i => new TrackioRow
            {
                Id = i,
                Timestamp = "2026-02-05T12:46:00",
                RunName = i % 2 == 0 ? "calm-river" : "bright-dawn",
                Step = i / 2,
                Loss = 8 - i,
            }),
        ];
        await ParquetRows.WriteAsync(folder["project.parquet"], rows);
        var error = Assert.Throws<Llm360Exception>(() => Notebooks.Imports.Log(folder["project.parquet"]));
        Assert.Equal(("The log has 2 runs.", "Choose one: calm-river, bright-dawn."), (error.What, error.Remedy));
        var log = Notebooks.Imports.Log(folder["project.parquet"], run: "bright-dawn");
        var curve = Assert.Single(log.Curves);
        Assert.Equal(("loss", "step"), (curve.Name, log.PositionLabel));
        Assert.Equal([7, 5, 3], curve.Values);
    }

    [Theory]
    [InlineData("a.csv", "Step,loss\n1,2\n2,3,4\n", "The line has 3 cells, and the first names 2 columns.", ", line 3")]
    [InlineData("a.csv", "Step,loss\n1,2\n2,high\n", "The value of \"loss\" is not a number but \"high\".", ", line 3")]
    [InlineData("a.csv", "Step,loss\n1,2\n2,\"3\n", "The quotes of the line do not match.", ", line 3")]
    [InlineData("a.csv", "Step,loss\n1,2\nx,3\n", "The row has no number in \"Step\".", ", line 3")]
    [InlineData("a.csv", "epoch,loss\n1,2\n", "The log has none of the columns Step,", ", line 2")]
    [InlineData("a.jsonl", "{\"step\": 1, \"loss\": 2}\n{\"step\": 2, \"loss\": NaN}\n", "it is not valid JSON", ", line 2")]
    [InlineData("a.jsonl", "{\"step\": 1, \"loss\": 2}\n[]\n", "is not an object", ", line 2")]
    [InlineData("a.csv", "Step,loss\n", "The log has no row.", "")]
    [InlineData("a.parquet", "PAR", "The log cannot be read", "")]
    [InlineData("a.db", "SQLite", "A log that ends in \".db\" is not read.", "")]
    public void A_broken_log_is_one_error_with_its_line(string name, string text, string says, string where)
    {
        var file = Write(name, text);
        var error = Assert.Throws<Llm360Exception>(() => Notebooks.Imports.Log(file));
        Assert.Contains(says, error.What, StringComparison.Ordinal);
        Assert.StartsWith(file + where, error.Where, StringComparison.Ordinal);
    }

    private string Write(string name, string text)
    {
        File.WriteAllText(folder[name], text);
        return folder[name];
    }

    private sealed class TrackioRow
    {
        [System.Text.Json.Serialization.JsonPropertyName("id")]
        public long Id { get; set; }

        [System.Text.Json.Serialization.JsonPropertyName("timestamp")]
        public string Timestamp { get; set; } = "";

        [System.Text.Json.Serialization.JsonPropertyName("run_name")]
        public string RunName { get; set; } = "";

        [System.Text.Json.Serialization.JsonPropertyName("step")]
        public long Step { get; set; }

        [System.Text.Json.Serialization.JsonPropertyName("loss")]
        public double Loss { get; set; }
    }
}
