// How values show: formatters by convention, tables, structures, figures and progress.
using System.Text.RegularExpressions;
using Llm360.Notebooks.Kernel.Display;
using Llm360.Notebooks.Kernel.Execution;
using Microsoft.Data.Analysis;
using TorchSharp;
using Xunit;

namespace Llm360.Notebooks.Kernel.Tests.Execution;

public sealed class ShowingTests
{
    private const string FigureLike =
        """
        class TypeFormatterSourceAttribute : Attribute { public TypeFormatterSourceAttribute(Type t) => FormatterSourceType = t;
        """
        + """
         public Type FormatterSourceType { get; } public string[] PreferredMimeTypes { get; set; } }
        class JsonFormatter { public string MimeType => "application/vnd.plotly.v1+json";
        """
        + """
         public bool Format(object o, TextWriter w) { w.Write("{\"data\":[]}"); return true; } }
        class Source { public IEnumerable<object> CreateTypeFormatters() => new object[] { new JsonFormatter() }; }
        [TypeFormatterSource(typeof(Source))] class Fig { public override string ToString() => "fig"; }
        """;

    [Theory]
    [InlineData(null, "null")]
    [InlineData("a <b>", "a <b>")]
    [InlineData(1.5, "1.5")]
    [InlineData(true, "True")]
    [InlineData(DayOfWeek.Monday, "Monday")]
    public void Simple_values_are_plain_text_only(object? value, string text) =>
        Assert.Equal($$"""{"text/plain":"{{text}}"}""", Plain(ValueFormatter.Format(value)));

    [Fact]
    public void A_formatter_by_convention_gives_all_its_types_and_json_as_json()
    {
        var bundle = ValueFormatter.Format(new Derived());
        Assert.Equal(["text/html", "application/json", "text/plain"], bundle.Data.Select(entry => entry.Key));
        Assert.Equal("<i>shown</i>", bundle.Data["text/html"]!.ToString());
        Assert.Equal(1, bundle.Data["application/json"]!["n"]!.GetValue<int>());
        Assert.Equal("plain", bundle.Data["text/plain"]!.ToString());
        Assert.Equal("<i>shown</i>", ValueFormatter.Format(new ByInterface()).Data["text/html"]!.ToString());
    }

    [Fact]
    public void A_data_frame_is_a_table_with_pages()
    {
        var frame = new DataFrame(
            new StringDataFrameColumn("na<me", Enumerable.Range(0, 25).Select(i => i == 1 ? null : $"row {i}")),
            new DoubleDataFrameColumn("loss", Enumerable.Range(0, 25).Select(i => i / 3.0)));
        var bundle = ValueFormatter.Format(frame);
        var html = bundle.Data["text/html"]!.ToString();
        Assert.Contains("na&lt;me<br><small>string</small>", html, StringComparison.Ordinal);
        Assert.Contains("<td style=\"text-align:right\">0.333333</td>", html, StringComparison.Ordinal);
        Assert.Contains("25 rows × 2 columns; <button", html, StringComparison.Ordinal);
        Assert.Matches("(?s)<tbody data-rows=\"1 to 20\">.*row 19.*<tbody data-rows=\"21 to 25\" hidden>.*row 20.*row 24", html);
        var text = bundle.Data["text/plain"]!.ToString().Split('\n');
        Assert.Equal("na<me       loss", text[0]);
        Assert.Equal("null    0.333333", text[3]);
        Assert.Equal("25 rows x 2 columns, the first 20 shown", text[^1]);
    }

    [Fact]
    public void A_long_data_frame_shows_its_first_rows_and_a_short_one_no_buttons()
    {
        var html = Html(1000);
        Assert.Contains("1000 rows × 1 columns", html, StringComparison.Ordinal);
        Assert.Contains("of the first 500", html, StringComparison.Ordinal);
        Assert.DoesNotContain(">500<", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<button", Html(20), StringComparison.Ordinal);

        static string Html(int rows)
        {
            var frame = new DataFrame(new Int32DataFrameColumn("n", Enumerable.Range(0, rows)));
            return ValueFormatter.Format(frame).Data["text/html"]!.ToString();
        }
    }

    [Fact]
    public void A_tensor_shows_shape_statistics_and_a_heat_map()
    {
        LibTorch.Load();
        using var tensor = torch.arange(6, torch.ScalarType.Float32).reshape(2, 3);
        var bundle = ValueFormatter.Format(tensor);
        Assert.Equal("tensor [2, 3], float32, cpu\nmean 2.5, standard deviation 1.871, from 0 to 5\n[[0 1 2]\n [3 4 5]]",
            bundle.Data["text/plain"]!.ToString());
        var html = bundle.Data["text/html"]!.ToString();
        Assert.Equal(6, Regex.Count(html, "<rect "));
        Assert.Contains("fill=\"#fde725\"><title>[1, 2] 5</title>", html, StringComparison.Ordinal);
        using var odd = torch.tensor([1.0, double.NaN, double.PositiveInfinity]);
        Assert.Contains("from 1 to 1; 2 not finite\n", ValueFormatter.Format(odd).Data["text/plain"]!.ToString(), StringComparison.Ordinal);
        using var one = torch.tensor(3.5f);
        Assert.Equal("tensor [], float32, cpu: 3.5", ValueFormatter.Format(one).Data["text/plain"]!.ToString());
        using var large = torch.zeros(3, 100, 100, torch.ScalarType.BFloat16);
        var part = ValueFormatter.Format(large).Data["text/html"]!.ToString();
        Assert.Contains("the first 24 × 48 of 100 × 100", part, StringComparison.Ordinal);
        var gone = torch.ones(2);
        gone.Dispose();
        Assert.Equal("a tensor that is disposed", ValueFormatter.Format(gone).Data["text/plain"]!.ToString());
    }

    [Fact]
    public void Pictures_are_known_by_their_bytes()
    {
        using var folder = new TemporaryFolder();
        (byte[] Bytes, string Mime)[] images =
        [
            ([0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10], "image/png"),
            ([0xFF, 0xD8, 0xFF, 0xE0], "image/jpeg"),
            ("<svg></svg>"u8.ToArray(), "image/svg+xml"),
        ];
        foreach (var (bytes, mime) in images)
        {
            File.WriteAllBytes(folder.File("image"), bytes);
            var data = ValueFormatter.Format(Picture.FromFile(folder.File("image"))).Data;
            Assert.Equal(mime == "image/svg+xml" ? "<svg></svg>" : Convert.ToBase64String(bytes), data[mime]!.ToString());
            Assert.Equal($"image ({mime}, {bytes.Length} bytes)", data["text/plain"]!.ToString());
        }

        File.WriteAllText(folder.File("image"), "text");
        Assert.Throws<Llm360Exception>(() => Picture.FromFile(folder.File("image")));
        Assert.Throws<Llm360Exception>(() => Picture.FromFile(folder.File("nowhere.png")));
    }

    [Fact]
    public async Task Progress_is_one_display_a_task_until_the_cell_ends()
    {
        var sink = new RecordingSink();
        var also = new List<WorkProgress>();
        using var session = new CSharpSession(sink, new SessionOptions { Progress = new Collecting(also) });
        await session.ExecuteAsync(
            """
            for (var i = 0; i <= 1000; i++)
                AmbientWork.Progress.Report(new WorkProgress("score <x>", i, 1000, "cells", i == 1000 ? "done" : null));
            AmbientWork.Progress.Report(new WorkProgress("train", 1, 2, "steps"));
            AmbientWork.Progress.Report(new WorkProgress("train", 1.5, 2, "steps"));
            """,
            TestContext.Current.CancellationToken);
        Assert.Equal(1003, also.Count);
        Assert.Equal(2, sink.Bundles("display").Count());
        Assert.InRange(sink.Bundles("update").Count(), 1, 500);
        var updates = sink.Bundles("update").Select(b => b.Data).ToList();
        Assert.Contains(updates, data => Regex.IsMatch(data["text/plain"]!.ToString(), @"^score <x>: 1,000 of 1,000 cells, \d+ s, done$"));
        var first = sink.Bundles("display").Select(b => b.Data["text/html"]!.ToString()).Last();
        Assert.Matches("^<div>train <progress max=\"1\" value=\"0.5\" aria-label=\"train\"></progress> 1 of 2 steps, .*</div>$", first);
        Assert.Equal(("clear", "False"), (sink.Calls[^1].Kind, sink.Calls[^1].Text));
    }

    [Fact]
    public async Task Each_call_in_a_loop_counts_its_own_time()
    {
        var sink = new RecordingSink();
        using var session = new CSharpSession(sink, new SessionOptions());
        await session.ExecuteAsync(
            """
            Console.Write("before");
            for (var call = 0; call < 3; call++)
            {
                AmbientWork.Progress.Report(new WorkProgress("score", 1, 20, "sequences", $"call {call}"));
                await Task.Delay(1200);
                AmbientWork.Progress.Report(new WorkProgress("score", 10, 20, "sequences", $"call {call}"));
                AmbientWork.Progress.Report(new WorkProgress("score", 20, 20, "sequences", $"call {call}"));
            }
            """,
            TestContext.Current.CancellationToken);
        var texts = sink.Bundles("display").Concat(sink.Bundles("update")).Select(b => b.Data["text/plain"]!.ToString()).ToList();
        Assert.Single(sink.Bundles("display"));
        // Each call begins at 0 s, however slow the machine is.
        Assert.Equal(["1 of 20 sequences, 0 s, call 0", "1 of 20 sequences, 0 s, call 1", "1 of 20 sequences, 0 s, call 2"],
            texts.Where(t => t.StartsWith("score: 1 of", StringComparison.Ordinal)).Select(t => t["score: ".Length..]));
        // What the cell wrote stays, so the display alone is taken away.
        Assert.Equal("", texts[^1]);
        Assert.DoesNotContain(sink.Calls, call => call.Kind == "clear");
    }

    private static string Plain(MimeBundle bundle) =>
        bundle.Data.ToJsonString(new System.Text.Json.JsonSerializerOptions
        {
            Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        });

    private sealed class Collecting(List<WorkProgress> all) : IProgress<WorkProgress>
    {
        public void Report(WorkProgress value) => all.Add(value);
    }
}
