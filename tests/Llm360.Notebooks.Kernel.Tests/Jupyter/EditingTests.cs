// What an editor gets: names of suites, methods that lack a using, signatures, magic commands.
using Llm360.Notebooks.Kernel.Editing;
using Llm360.Notebooks.Kernel.Execution;
using Llm360.Notebooks.Kernel.Jupyter;
using Llm360.Notebooks.Kernel.Tests.Execution;
using Xunit;

namespace Llm360.Notebooks.Kernel.Tests.Jupyter;

public sealed class EditingTests : IDisposable
{
    private readonly CSharpSession session = new(new RecordingSink());
    private readonly CodeEditing editing;

    public EditingTests() => editing = new CodeEditing(session);

    public void Dispose() => session.Dispose();

    [Theory]
    [InlineData("var s = Suites.Open(\"", 21, "pico")]
    [InlineData("Suites.Open(\"am|\")", 13, "amber")]
    [InlineData("Suites.Recipe(\"na|", 15, "nano")]
    [InlineData("#!wh|", 0, "#!whos")]
    [InlineData("var a = 1;\n#!ti|\na", 11, "#!time")]
    [InlineData("#!markdown\ntext's\n#!csharp\nConsole.WriteL|", 35, "WriteLine")]
    [InlineData("var list = new[] { 1 };\nlist.ToImmutableArr|", 29, "ToImmutableArray")]
    public async Task Completion_knows(string code, int start, string match)
    {
        var (text, cursor) = Cursor(code);
        var found = await editing.CompleteAsync(text, cursor);
        Assert.Equal(start, found.Start);
        Assert.Contains(found.Items, item => item.Text == match);
    }

    [Theory]
    [InlineData("System.IO.File.Open(\"")]
    [InlineData("Suites.Open(\"pico\")|")]
    public async Task Names_of_suites_are_offered_only_where_a_suite_is_opened(string code)
    {
        var (text, cursor) = Cursor(code);
        Assert.DoesNotContain((await editing.CompleteAsync(text, cursor)).Items, item => item.Text == "pico");
    }

    [Theory]
    [InlineData("Picture.FromFile(\"a\", |", "→ description: What it shows")]
    [InlineData("string.Join(\",\", |", "→ value")]
    [InlineData("Math.Clamp(1, |2, 3)", "→ min: ")]
    [InlineData("new List<int>(|", "overloads:\n")]
    [InlineData("Console.WriteLine(|", "overloads:\n")]
    public async Task Inspection_within_a_call_shows_its_signatures(string code, string expected) =>
        Assert.Contains(expected, await InspectAsync(code), StringComparison.Ordinal);

    [Theory]
    [InlineData("Suites.Op|en(\"pico\")", "nameOrPath")]
    [InlineData("Math.Cla|mp(1, 2, 3)", "overloads:\n")]
    [InlineData("Math.Clamp(Math.PI|, 2, 3)", "PI")]
    [InlineData("List<int>|", "List<T>")]
    [InlineData("Picture.FromFile|", "  description: What it shows; the file's name by default.")]
    public async Task Inspection_of_a_name_shows_its_parameters_and_overloads(string code, string expected) =>
        Assert.Contains(expected, await InspectAsync(code), StringComparison.Ordinal);

    [Fact]
    public async Task Outside_of_calls_no_signature_is_shown()
    {
        Assert.DoesNotContain("overloads", await InspectAsync("var n = Math.PI|;"), StringComparison.Ordinal);
        Assert.DoesNotContain("→", await InspectAsync("Math.Clamp(1, 2, 3)|"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_added_using_is_known_to_the_editor()
    {
        await session.ExecuteAsync("new[] { 1 }.ToImmutableArray()", TestContext.Current.CancellationToken);
        Assert.Contains((await editing.CompleteAsync("ImmutableAr", 11)).Items, item => item.Text == "ImmutableArray");
    }

    [Fact]
    public async Task The_first_completion_is_prepared_before_a_client_asks_for_anything()
    {
        var warm = new TaskCompletionSource();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var kernel = JupyterKernel.RunAsync(KernelClient.Free(), new KernelOptions { WarmedUp = warm.SetResult }, stop.Token);
        await warm.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        await stop.CancelAsync();
        await kernel;
    }

    private static (string Code, int Cursor) Cursor(string code)
    {
        var at = code.IndexOf('|', StringComparison.Ordinal);
        return at < 0 ? (code, code.Length) : (code.Remove(at, 1), at);
    }

    private async Task<string> InspectAsync(string code)
    {
        var (text, cursor) = Cursor(code);
        return (await editing.InspectAsync(text, cursor))?.Data["text/plain"]?.ToString() ?? "";
    }
}
