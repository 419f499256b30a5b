// Values that are shown only in part: recursive, too deep, too long, or with members that fail.
using System.Reflection;
using System.Text.Json.Nodes;
using Llm360.Notebooks.Kernel.Display;
using Llm360.Notebooks.Kernel.Execution;
using Microsoft.DotNet.Interactive.Formatting;
using Xunit;

namespace Llm360.Notebooks.Kernel.Tests.Execution;

public sealed class OddValuesTests
{
    private const string Cut = "contains itself, is nested too deeply or is too long";

    private const BindingFlags Private = BindingFlags.NonPublic | BindingFlags.Instance;

    private static readonly int[] Twice = [1, 2];

    public static TheoryData<string, string> Values => new()
    {
        { "list in itself", Cut },
        { "array in itself", Cut },
        { "nested lists", Cut },
        { "nested tuples", Cut },
        { "long text in a list", Cut },
        { "deep JSON", "nested too deeply" },
        { "deep JSON in a list", "nested too deeply" },
        { "bundle of deep JSON", "application/json is nested more than 50 levels deep: left out" },
        { "bundle without data", "a bundle without data" },
        { "long text", "(text/plain of 100,000,000 characters: cut after 33,554,432)" },
        { "long HTML", "(text/html of 100,000,000 characters: left out, the limit is 33,554,432)" },
        { "exception in itself", "System.IO.IOException: self" },
        { "exception in itself in a list", "System.IO.IOException: self" },
        { "aggregate in itself", "System.AggregateException: One or more errors occurred (1)." },
        { "deep exceptions", "more causes" },
        { "endless message", "OddValuesTests+LongMessage: xxx" },
        { "failing message", "(its Message failed: System.IO.IOException)" },
        { "failing text", "(its ToString failed: System.IO.IOException)" },
        { "failing list", "(the formatter of this type failed: System.IO.IOException: no)" },
        { "failing formatter", "(the formatter of this type failed: System.IO.IOException: no)" },
        { "formatter source of another shape", "(the formatter of this type failed: Llm360.Notebooks.Llm360Exception: The formatter " },
        { "no text", "" },
        { "endless sequence", "1" },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void Something_is_always_shown(string value, string shown)
    {
        var bundle = ValueFormatter.Format(Make(value));
        Assert.Contains(shown, bundle.Data["text/plain"]!.ToString(), StringComparison.Ordinal);
        Assert.All(bundle.Data, form => Assert.InRange(form.Value!.ToJsonString().Length, 1, 70_000_000));
    }

    [Fact]
    public void A_cell_that_resets_the_formatters_does_not_take_their_limits()
    {
        Formatter.ResetToDefault();
        Something_is_always_shown("exception in itself in a list", "System.IO.IOException: self");
        Something_is_always_shown("deep JSON in a list", "");
    }

    [Fact]
    public void What_is_cut_shows_its_beginning()
    {
        var lines = ValueFormatter.Format(Make("list in itself")).Data["text/plain"]!.ToString().Split('\n', 2);
        Assert.Equal(
            "System.Collections.Generic.List`1[System.Object], cut because it contains itself, is nested too deeply or is too long:",
            lines[0]);
        Assert.Contains("[ 1, [ 1, [ 1,", lines[1], StringComparison.Ordinal);
        Assert.EndsWith(" ...", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void The_property_that_names_formatters_may_have_plotly_nets_name() =>
        Assert.Equal("<i>shown</i>", ValueFormatter.Format(new PlotlyNet.Chart()).Data["text/html"]!.ToString());

    [Theory]
    [InlineData(
        "class E : Exception { public override string Message => throw new Exception(); }\nthrow new E();",
        "E: (its Message failed: System.Exception)")]
    [InlineData(
        "class E : Exception { public override string Message => Message + 1; }\nthrow new E();",
        "E: (its Message failed: System.InsufficientExecutionStackException)")]
    [InlineData("class E : Exception { public override string Message => null; }\nthrow new E();", "E: ")]
    [InlineData(
        "Exception e = new IOException(\"end\"); for (var i = 0; i < 100_000; i++) e = new Exception(\"level\", e);\nthrow e;",
        "System.Exception: level")]
    public async Task An_exception_that_cannot_be_told_is_an_error_of_its_cell(string code, string first)
    {
        using var session = new CSharpSession(new RecordingSink());
        var result = await session.ExecuteAsync(code, TestContext.Current.CancellationToken);
        Assert.Equal((CellStatus.RuntimeError, first), (result.Status, result.Error!.Traceback[0]));
        Assert.InRange(result.Error.Traceback.Count, 2, 20);
    }

    [Fact]
    public async Task A_text_that_never_ends_is_interrupted()
    {
        var sink = new RecordingSink();
        using var session = new CSharpSession(sink);
        using var source = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        const string code = "class A { public override string ToString() { Console.WriteLine(\"on\"); while (true) { } } }\nnew A()";
        var running = session.ExecuteAsync(code, source.Token);
        while (sink.Stdout.Length == 0)
            await Task.Delay(5, TestContext.Current.CancellationToken);
        await source.CancelAsync();
        Assert.Equal(CellStatus.Cancelled, (await running).Status);
    }

    private static object? Make(string value)
    {
        switch (value)
        {
            case "list in itself":
                var list = new List<object> { 1 };
                list.Add(list);
                return list;
            case "array in itself":
                var array = new object[2];
                array[0] = array[1] = array;
                return array;
            case "nested lists":
                return Nest(100_000, (inner, _) => new List<object> { inner });
            case "nested tuples":
                return Nest(1000, (inner, i) =>
                    Activator.CreateInstance(typeof(ValueTuple<,>).MakeGenericType(typeof(int), inner.GetType()), i, inner)!);
            case "long text in a list":
                return new object[] { new LongText() };
            case "deep JSON":
                return DeepJson();
            case "deep JSON in a list":
                return new object[] { DeepJson() };
            case "bundle of deep JSON":
                return new MimeBundle(new JsonObject { ["application/json"] = DeepJson(), ["text/plain"] = "text" });
            case "bundle without data":
                return new MimeBundle(null!);
            case "long text":
                return new string('x', 100_000_000);
            case "long HTML":
                return new HtmlText(new string('x', 100_000_000));
            case "exception in itself":
                return InItself();
            case "exception in itself in a list":
                return new[] { InItself() };
            case "aggregate in itself":
                var aggregate = new AggregateException(new IOException());
                typeof(AggregateException).GetField("_innerExceptions", Private)!.SetValue(aggregate, new Exception[] { aggregate });
                typeof(Exception).GetField("_innerException", Private)!.SetValue(aggregate, aggregate);
                return aggregate;
            case "deep exceptions":
                return Nest(100_000, (inner, _) => new AggregateException(inner as Exception ?? new IOException(), new IOException()));
            case "endless message":
                return new LongMessage();
            case "failing message":
                return new FailingMessage();
            case "failing text":
                return new FailingText();
            case "failing list":
                return Twice.Select(_ => (int)Failing());
            case "failing formatter":
                return new FailingShown();
            case "formatter source of another shape":
                return new OtherShape();
            case "no text":
                return new NoText();
            default:
                return Endless();
        }
    }

    private static object Nest(int levels, Func<object, int, object> wrap)
    {
        object value = 1;
        for (var i = 0; i < levels; i++)
            value = wrap(value, i);
        return value;
    }

    private static JsonNode DeepJson()
    {
        JsonNode node = 1;
        for (var i = 0; i < 100_000; i++)
            node = new JsonArray(node);
        return node;
    }

    private static Exception InItself()
    {
        var exception = new IOException("self");
        typeof(Exception).GetField("_innerException", Private)!.SetValue(exception, exception);
        return exception;
    }

    private static IEnumerable<int> Endless()
    {
        while (true)
            yield return 1;
    }

    private static object Failing() => throw new IOException("no");

    private sealed class LongText
    {
        public override string ToString() => new('x', 100_000_000);
    }

    private sealed class FailingText
    {
        public override string ToString() => (string)Failing();
    }

    private sealed class NoText
    {
        public override string? ToString() => null;
    }

    private sealed class LongMessage : Exception
    {
        public override string Message => new('x', 100_000_000);
    }

    private sealed class FailingMessage : Exception
    {
        public override string Message => (string)Failing();
    }

    [TypeFormatterSource(typeof(FailingFormatters))]
    private sealed class FailingShown;

    [TypeFormatterSource(typeof(string[]))]
    private sealed class OtherShape;

    private sealed class FailingFormatters
    {
#pragma warning disable CA1822 // called on an instance, by convention
        public IEnumerable<object> CreateTypeFormatters() => [Failing()];
#pragma warning restore CA1822
    }
}
