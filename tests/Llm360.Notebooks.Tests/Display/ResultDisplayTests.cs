// Results display as tables in notebook cells and convert to data frames.
using System.Reflection;

namespace Llm360.Notebooks.Tests;

public sealed class ResultDisplayTests(PicoSuite pico)
{
    private static IEnumerable<Type> Shown =>
        typeof(Suite).Assembly.GetTypes().Where(t => t.IsClass && typeof(IShownAsTable).IsAssignableFrom(t));

    [Fact]
    public void Every_type_that_has_a_table_tells_notebook_hosts_so()
    {
        Assert.All(Shown, type =>
        {
            var attribute = type.GetCustomAttribute<TypeFormatterSourceAttribute>(inherit: false);
            Assert.Equal(typeof(TableFormatterSource), attribute?.FormatterSourceType);
            Assert.Equal([MimeTypes.Html, MimeTypes.Plain], attribute!.PreferredMimeTypes);
        });
        var rows = typeof(Suite).Assembly.GetExportedTypes()
            .Where(t => t.GetMethod("ToDataFrame", BindingFlags.Public | BindingFlags.Instance) is not null);
        Assert.All(rows, type => Assert.NotNull(type.GetCustomAttribute<TypeFormatterSourceAttribute>(inherit: false)));
    }

    [Fact]
    public void A_suite_and_a_checkpoint_are_cards()
    {
        var suite = pico.Suite;
        Assert.Equal(
            [
                ["parameters", "151,712"], ["tokens trained on", "8,192"], ["chunks of data", "4"],
                ["checkpoints", "5 (ckpt_000 to ckpt_004)"],
                ["sources", string.Join(", ", suite.Recipe!.Corpus.Sources.Select(s => s.Name))],
            ],
            suite.ToTable().Rows.Where(r => r[0] != "weights"));
        Assert.Equal(TrainingState.Shape(suite.Recipe).ParameterCount, suite.Parameters);
        Assert.Contains("<caption>The checkpoint ckpt_004.</caption>", Html(suite.Checkpoints[^1]), StringComparison.Ordinal);
        Assert.Contains(suite.Checkpoints[^1].ToTable().Rows, r => r[0] == "tokens seen" && r[1] == "8,192");
    }

    [Fact]
    public async Task Scores_show_each_checkpoint_and_where_their_cells_came_from()
    {
        var analysis = pico.Suite.Memorization(new(4, 4, 3));
        var scores =
            await analysis.ScoreAsync([pico.Suite.Checkpoints[0], pico.Suite.Checkpoints[^1]], options: new() { Device = Device.Cpu });
        var table = scores.ToTable();
        Directory.Delete(analysis.Store.Folder, recursive: true);
        Assert.Contains("0 cells from the store, 8 computed", table.Caption, StringComparison.Ordinal);
        Assert.Equal(["ckpt_000", "0", "", ""], table.Rows[0]);
        Assert.Equal(["ckpt_004", "12"], table.Rows[1].Take(2));
        var mean = scores.Seen(pico.Suite.Checkpoints[^1]).Average(r => r.Score);
        Assert.Equal(mean, double.Parse(table.Rows[1][2], System.Globalization.CultureInfo.InvariantCulture), 2);
        Assert.Contains("ckpt_004", Html(scores), StringComparison.Ordinal);
        var forecast = scores.Forecast();
        Assert.Contains("0 rows", forecast.ToTable().Caption, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_result_shows_its_first_rows_and_says_so()
    {
        var rows = Enumerable.Range(0, 1200).Select(i => new SourceRow { Source = $"s{i}", Sequences = 1000 * i, Score = i / 7.0 });
        var table = RowTable.Of("Rows", rows.ToList());
        Assert.Equal("Rows: 1,200 rows, the first 10 shown; ToDataFrame() has all.", table.Caption);
        Assert.Equal(["source", "sequences", "score", "extractible"], table.Columns.Select(c => c.Header));
        Assert.Equal(["s9", "9,000", "1.29", "0"], table.Rows[9]);
        Assert.Equal(10, table.Rows.Count);
    }

    [Fact]
    public async Task A_run_and_its_lens_are_data_frames()
    {
        using var model = await pico.Suite.Checkpoints[^1].LoadAsync(Device.Cpu);
        using var run = model.Run("Gets or sets the value");
        var frame = run.ToDataFrame();
        Assert.Equal(run.Tokens.Count, frame.Rows.Count);
        Assert.Null(frame["probability"][0]);
        using var next = run.Logits.softmax(-1);
        Assert.Equal(next[0, run.Tokens[1]].item<float>(), (double)frame["probability"][1], 1e-6);
        Assert.Equal(
            run.NextTokens(1).Select(n => n[0].Token),
            Enumerable.Range(0, run.Tokens.Count).Select(i => (int)frame["next_token"][i]));
        var scores = model.Score([[.. run.Tokens]])[0];
        Assert.Equal((double)frame["probability"][1], Math.Exp((double)scores.ToDataFrame()["log_probability"][0]), 1e-5);
        Assert.Equal(scores.Positions.Count, scores.ToDataFrame().Rows.Count);
        var lens = run.LogitLens();
        Assert.Equal(lens.Sites.Count * run.Tokens.Count, lens.ToDataFrame().Rows.Count);
        Assert.Equal(frame["next_text"][run.Tokens.Count - 1], lens.ToDataFrame()["next_text"][lens.ToDataFrame().Rows.Count - 1]);
    }

    private static string Html(object value)
    {
        var source = value.GetType().GetCustomAttribute<TypeFormatterSourceAttribute>()!.FormatterSourceType;
        var formatters = ((TableFormatterSource)Activator.CreateInstance(source)!).CreateTypeFormatters();
        using var writer = new StringWriter();
        Assert.True(formatters.First(f => f.MimeType == MimeTypes.Html).Format(value, writer));
        return writer.ToString();
    }
}
