// Executed notebooks as the kernel would save them, with the library's figures and tables.
using System.Text.Json.Nodes;
using Llm360.Notebooks.Kernel.Documents;

namespace Llm360.Notebooks.EndToEnd;

internal static class SampleNotebooks
{
    /// <summary>HTML that notebooks may contain and that pages must not execute.</summary>
    public const string Hostile =
        "<img src=\"https://example.org/x.png\" onerror=\"document.title='broken'\"></script><script>document.title='broken'</script>";

    public static void Write(string folder)
    {
        Training().Write(Path.Combine(folder, "01-training.ipynb"));
        Memorization().Write(Path.Combine(folder, "02-memorization.ipynb"));
        Failed().Write(Path.Combine(folder, "03-failed.ipynb"));
    }

    private static NotebookFile Training()
    {
        var notebook = Create("learned");
        Markdown(notebook,
            "# How fast does the model learn?\n\nYou will see the loss, the learning rate and the gradient norm. "
            + "See [the next notebook](02-memorization.ipynb) and [the paper](https://arxiv.org/abs/2312.06550).\n\n"
            + $"{Hostile}\n\n![a picture](https://example.org/picture.png)");
        Code(notebook, "var suite = \"nano\";\nvar n = 64;", "parameters");
        Code(notebook, "#r \"Llm360.Notebooks.dll\"", null,
            Display("text/html", "<script>/* plotly.js v2.28.0 */</script>", ("llm360", new JsonObject { ["role"] = "plotly.js" })));
        Markdown(notebook,
            "## Loss\n\nThe loss in *nats per token*, as in `5.` of the paper.\n\n#### A heading that skips a level\n\n"
            + "| a | b |\n|---|---|\n| 1 | 2 |");
        Code(notebook, "// Loss of every step\nFigures.TrainingLoss(metrics.Loss)", null,
            Of(Figures.TrainingLoss(Loss("nano", 3000), published: Loss("Amber", 300))));
        var rates = Series("nano", 3000, i => i < 100 ? 3e-4 * i / 100 : 3e-5 + 1.35e-4 * (1 + Math.Cos(Math.PI * (i - 100) / 2900)));
        Code(notebook, "Figures.LearningRate(metrics.LearningRate)", null, Of(Figures.LearningRate(rates)));
        var norms = Series("nano", 3000, i => 0.4 + 3 * Math.Exp(-i / 200.0) + 0.3 * Noise(i));
        Code(notebook, "Figures.GradientNorm(metrics.GradientNorm, clip: 1)", null, Of(Figures.GradientNorm(norms, clip: 1)));
        Markdown(notebook, "## Held-out text");
        string[] sources = ["netcore", "aspnet", "roslyn", "plotly", "reactive"];
        Code(notebook, "Figures.ValidationLoss(validation)", null,
            Of(Figures.ValidationLoss("nano", "tokens", 128, [.. sources.Select(Validation)])));
        var mix = new DataMix("nano",
        [
            new("netcore", 5.1e6), new("roslyn", 3.2e6), new("aspnet", 2.4e6), new("reactive", 0.6e6), new("plotly", 1.1e6),
            new("canary", 2e4),
        ]);
        Code(notebook, "Figures.DataMix(suite.Mix, DataMix.Amber)", null, Of(Figures.DataMix(mix, DataMix.Amber)));
        var table = new Table("Paper against this run, n = 3,000 steps",
            [
                new("quantity"), new("paper", ColumnAlignment.Right), new("measured", ColumnAlignment.Right),
                new("difference", ColumnAlignment.Right), new("why"),
            ],
            [["final loss", "1.99", "2.01", "+0.02", "another model, fewer tokens"], [Hostile, "3e-4", "3e-4", "0", ""]]);
        Code(notebook, "table", null, Of(table));
        const string badge = "<p id=\"badge\">trusted <b>HTML</b><img alt=\"\" src='https://example.org/badge.png'>"
            + "<script src=\"https://example.org/x.js\"></script>"
            + "<script>document.querySelector('#badge b').textContent = 'ran';</script></p>";
        Code(notebook, "HTML(badge)", null, Display("text/html", badge));
        Code(notebook, "Console.WriteLine(done);", null, Stream("stdout", "step 1\rstep 2\rstep 3000\n\u001b[32mdone\u001b[0m\n"));
        return notebook;
    }

    private static NotebookFile Memorization()
    {
        var notebook = Create("remembers");
        Markdown(notebook, "# What does the model remember word for word?\n\nScores of 1,000 sequences a chunk.");
        Markdown(notebook, "## Distribution");
        var checkpoints = Enumerable.Range(0, 12).Select(i => $"ckpt_{i:000}").ToList();
        var distributions = checkpoints.Select((c, i) => new ScoreDistribution(c, i / 11.0,
            [.. Enumerable.Range(0, 33).Select(b => b == 32 ? 2L + 2 * i : (long)(220 * Math.Exp(-b / (3.0 + i * 0.2)) + 1))]));
        Code(notebook, "Figures.MemorizationHistogram(scores)", null,
            Of(Figures.MemorizationHistogram("nano", 32, [.. distributions])));
        Code(notebook, "Figures.MemorizationByChunk(scores)", "thumbnail", Of(ByChunk(checkpoints)));
        var rows = checkpoints.Select(
            (_, i) => (IReadOnlyList<double>)[.. checkpoints.Select((_, j) => i == j ? 1 : Math.Exp(-Math.Abs(i - j) / 9.0))]);
        var correlation = new CorrelationMatrix("memorization score", [.. rows]);
        Code(notebook, "Figures.CheckpointCorrelation(scores)", null,
            Of(Figures.CheckpointCorrelation("nano", checkpoints, 12_000, correlation)));
        double[][] small = [[1, 0.9, 0.6], [0.9, 1, 0.8], [0.6, 0.8, 1]];
        var (scores, extractible) = (new CorrelationMatrix("score", small), new CorrelationMatrix("k-extractible", small));
        Code(notebook, "Figures.CheckpointCorrelation(both)", null,
            Of(Figures.CheckpointCorrelation("nano", checkpoints[..3], 3_000, scores, extractible)));
        return notebook;
    }

    private static NotebookFile Create(string topic)
    {
        var notebook = NotebookFile.Create();
        notebook.Metadata["report"] = new JsonObject { ["topic"] = topic };
        return notebook;
    }

    private static NotebookFile Failed()
    {
        var notebook = NotebookFile.Create();
        Markdown(notebook, "# Does an error show?");
        Code(notebook, "throw new Exception();", null, new JsonObject
        {
            ["output_type"] = "error",
            ["ename"] = "Exception",
            ["evalue"] = "no <good>",
            ["traceback"] = new JsonArray("\u001b[31mException: no <good>\u001b[0m", "cell 1, line 1"),
        });
        return notebook;
    }

    private static Figure ByChunk(List<string> checkpoints)
    {
        return Figures.MemorizationByChunk("nano", 32, 32, [.. Enumerable.Range(0, 4).Select(k => Scores((k + 1) * 3 - 1))]);

        ChunkScores Scores(int i)
        {
            var means = Enumerable.Range(0, 12)
                .Select(c => 0.08 + 0.006 * i + (c == i ? 0.05 : c < i ? 0.01 : 0) + 0.004 * Noise(c + 13 * i))
                .ToList();
            return new(checkpoints[i], i / 11.0, i, [.. Enumerable.Range(0, 12)], means, [.. means.Select(m => m - 0.006)],
                [.. means.Select(m => m + 0.006)], [.. means.Select(_ => 1000)]);
        }
    }

    private static ValidationCurve Validation(string source, int k)
    {
        var x = Enumerable.Range(0, 12).Select(i => (i + 1) * 1e6).ToList();
        var y = Enumerable.Range(0, 12).Select(i => i == 5 && k == 2 ? double.NaN : 2.2 + 0.15 * k + 5 * Math.Exp(-i / 3.0)).ToList();
        return new(source, x, y, [.. y.Select(v => v - 0.08)], [.. y.Select(v => v + 0.08)]);
    }

    private static TrainingSeries Loss(string model, int steps) =>
        Series(model, steps, i => (model == "Amber" ? 1.8 : 2.1) + 6 * Math.Exp(-i * 3000.0 / steps / 300) + 0.12 * Noise(i));

    private static TrainingSeries Series(string model, int steps, Func<int, double> value) =>
        new(model, "tokens", [.. Enumerable.Range(0, steps).Select(i => (i + 1) * 12.6e6 / steps)],
            [.. Enumerable.Range(0, steps).Select(value)]);

    private static double Noise(int i) => Math.Sin(i * 12.9898) * 43758.5453 % 1;

    private static void Markdown(NotebookFile notebook, string source) =>
        notebook.InsertCell(notebook.Cells.Count, CellType.Markdown, source);

    private static void Code(NotebookFile notebook, string source, string? tag, params JsonObject[] outputs)
    {
        var cell = notebook.InsertCell(notebook.Cells.Count, CellType.Code, source);
        cell.ExecutionCount = notebook.Cells.Count;
        if (tag is not null)
            cell.Tags = [tag];
        foreach (var output in outputs)
            cell.Outputs.Add((JsonNode)output);
    }

    private static JsonObject Of(Figure figure)
    {
        var output = Display("text/html", figure.ToHtml());
        output["data"]![MimeTypes.Svg] = figure.ToSvg();
        output["data"]![MimeTypes.Plotly] = JsonNode.Parse(PlotlyArrays.Pack(figure.ToPlotlyJson()));
        return output;
    }

    private static JsonObject Of(Table table) => Display("text/html", table.ToHtml());

    private static JsonObject Display(string mime, string text, params (string Key, JsonNode Value)[] metadata)
    {
        var own = new JsonObject();
        foreach (var (key, value) in metadata)
            own[key] = value;
        return new() { ["output_type"] = "display_data", ["data"] = new JsonObject { [mime] = text }, ["metadata"] = own };
    }

    private static JsonObject Stream(string name, string text) => new() { ["output_type"] = "stream", ["name"] = name, ["text"] = text };
}
