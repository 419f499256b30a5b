// What a cell can do: state, streams, displays, and the C# of scripts.
using Llm360.Notebooks.Kernel.Execution;
using Xunit;

namespace Llm360.Notebooks.Kernel.Tests.Execution;

public sealed class CSharpSessionTests : IDisposable
{
    private readonly RecordingSink sink = new();
    private readonly TemporaryFolder folder = new();
    private readonly CSharpSession session;

    public CSharpSessionTests() => session = new CSharpSession(sink, new SessionOptions { WorkingDirectory = folder.Path });

    public void Dispose()
    {
        session.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task State_is_carried_and_names_are_redeclared()
    {
        await Ok("int n = 3; int Twice(int x) => 2 * x; record Point(int X);");
        await Ok("Twice(n)");
        Assert.Equal("6", sink.LastPlain);
        await Ok("var n = \"three\"; int Twice(string x) => 2 * x.Length;");
        await Ok("Twice(n) + new Point(1).X");
        Assert.Equal("11", sink.LastPlain);
        Assert.Equal(4, session.ExecutionCount);
        Assert.Equal(typeof(string), session.Variables.Single(v => v.Name == "n").Type);
    }

    [Fact]
    public async Task Await_works_at_the_top_level_and_new_language_features_do()
    {
        await Ok("await Task.Delay(1); int[] xs = [1, 2, .. Enumerable.Range(3, 2)]; xs is [1, .., var last] ? last : 0");
        Assert.Equal("4", sink.LastPlain);
    }

    [Fact]
    public async Task The_library_and_the_usual_namespaces_are_there()
    {
        await Ok("var work = AmbientWork.Cancellation; var path = Path.Combine(\"a\", \"b\"); "
            + "typeof(Llm360.Notebooks.Suites).Name + new Llm360Exception(\"a\", \"b\", \"c\").What");
        await Ok("new Microsoft.Data.Analysis.DataFrame().Rows.Count");
        Assert.Equal("0", sink.LastPlain);
    }

    [Fact]
    public async Task Only_a_last_expression_with_a_value_is_shown()
    {
        await Ok("int x = 1;");
        await Ok("x++;");
        await Ok("Console.WriteLine(x)");
        await Ok("display(x)");
        await Ok("// nothing");
        Assert.Empty(sink.Bundles("result"));
        await Ok("(string)null");
        Assert.Equal("null", sink.LastPlain);
        await Ok("x");
        Assert.Equal(["6", "7"], sink.Calls.Where(call => call.Kind == "result").Select(call => call.Text));
    }

    [Fact]
    public async Task Streams_and_displays_come_in_order_as_they_happen()
    {
        await Ok(
            """
            Console.Write("one ");
            Console.Error.WriteLine("wrong");
            display(2);
            Console.WriteLine("three {0}", 3);
            "four"
            """);
        Assert.Equal(["Stdout", "Stderr", "display", "Stdout", "result"], sink.Calls.Select(call => call.Kind));
        Assert.Equal("one three 3\n", sink.Stdout);
        Assert.Equal("wrong\n", sink.Stderr);
    }

    [Fact]
    public async Task Output_arrives_while_the_cell_runs()
    {
        var code = "Console.WriteLine(\"started\"); while (!File.Exists(\"" + folder.File("go") + "\")) await Task.Delay(5);";
        var running = session.ExecuteAsync(code, TestContext.Current.CancellationToken);
        while (sink.Calls.Count == 0)
            await Task.Delay(5, TestContext.Current.CancellationToken);
        Assert.False(running.IsCompleted);
        File.WriteAllText(folder.File("go"), "");
        Assert.Equal(CellStatus.Ok, (await running).Status);
        Assert.Equal("started\n", sink.Stdout);
    }

    [Fact]
    public async Task Threads_and_tasks_of_a_cell_write_to_it()
    {
        await Ok("await Task.Run(() => Console.WriteLine(\"task\")); "
            + "var t = new Thread(() => Console.WriteLine(\"thread\")); t.Start(); t.Join();");
        Assert.Equal("task\nthread\n", sink.Stdout);
    }

    [Fact]
    public async Task A_display_is_updated_from_a_later_cell()
    {
        await Ok("var shown = display(HTML(\"<b>1</b>\"));");
        await Ok("shown.Update(Markdown(\"*2*\"));");
        Assert.Equal(["display", "update"], sink.Calls.Select(call => call.Kind));
        Assert.Single(sink.Calls.Select(call => call.Text).Distinct());
        Assert.Equal("<b>1</b>", sink.Calls[0].Bundle!.Data["text/html"]!.ToString());
        Assert.Equal("*2*", sink.Calls[1].Bundle!.Data["text/markdown"]!.ToString());
    }

    [Fact]
    public async Task Display_is_an_extension_too_and_fails_outside_of_cells()
    {
        await Ok("5.Display(); \"x\".Display();");
        Assert.Equal(["5", "x"], sink.Bundles("display").Select(bundle => bundle.Data["text/plain"]!.ToString()));
        Assert.Throws<Llm360Exception>(() => Kernel.Display.DisplayExtensions.Display(5));
    }

    [Fact]
    public async Task Files_are_loaded_relative_to_the_working_directory()
    {
        File.WriteAllText(folder.File("helper.csx"), "int Half(int x)\n{\n    return x / 2;\n}");
        await Ok("#load \"helper.csx\"\nHalf(8)");
        Assert.Equal("4", sink.LastPlain);
    }

    [Fact]
    public async Task Assemblies_are_referenced_by_path_and_loaded_once_with_what_they_need()
    {
        // Two assemblies in a folder of their own; the first needs the second.
        TestAssembly.Compile(folder.File("RefInner.dll"), "namespace RefInner { public class Item { public int Value => 7; } }");
        TestAssembly.Compile(
            folder.File("RefOuter.dll"),
            "namespace RefOuter { public class Box { public RefInner.Item Item => new(); } }",
            folder.File("RefInner.dll"));
        await Ok("#r \"RefOuter.dll\"\nvar box = new RefOuter.Box();");
        await Ok("#r \"RefInner.dll\"\nRefInner.Item item = box.Item; item.Value");
        Assert.Equal("7", sink.LastPlain);
    }

    [Fact]
    public async Task A_reference_to_another_copy_of_the_library_means_the_loaded_one()
    {
        File.Copy(typeof(Llm360Exception).Assembly.Location, folder.File("Llm360.Notebooks.dll"));
        await Ok("#r \"Llm360.Notebooks.dll\"\ntypeof(Llm360Exception).Assembly.Location");
        Assert.Equal(typeof(Llm360Exception).Assembly.Location, sink.LastPlain);
    }

    [Fact]
    public async Task A_package_that_every_cell_has_may_be_asked_for()
    {
        await Ok("#r \"nuget: Llm360.Notebooks, 0.1.0\"\n#r \"nuget:Microsoft.Data.Analysis\"\n"
            + "new Llm360Exception(\"a\", \"b\", \"c\").What");
        Assert.Equal("a", sink.LastPlain);
    }

    [Fact]
    public async Task Two_sessions_do_not_see_each_other_and_keep_their_output_apart()
    {
        var otherSink = new RecordingSink();
        using var other = new CSharpSession(otherSink);
        await Ok("int n = 1; Console.WriteLine(\"first\");");
        var result = await other.ExecuteAsync("Console.WriteLine(\"second\"); n", TestContext.Current.CancellationToken);
        Assert.Equal("CS0103", result.Error!.Name);
        await other.ExecuteAsync("Console.WriteLine(\"second\");", TestContext.Current.CancellationToken);
        Assert.Equal("first\n", sink.Stdout);
        Assert.Equal("second\n", otherSink.Stdout);
    }

    [Fact]
    public async Task Using_declarations_live_until_they_are_declared_again_or_the_session_ends()
    {
        string[] cells =
        [
            "var log = new List<string>(); "
                + "class Item(List<string> log, string name) : IDisposable { public void Dispose() => log.Add(name); }",
            "using var a = new Item(log, \"a\"); using Item b = new(log, \"b\");",
            "using (var inner = new Item(log, \"inner\")) { log.Add(\"in\"); }",
            "using System.Text;\nusing var a = new Item(log, \"a2\"); log.Add(\"end\");\nnew StringBuilder()",
        ];
        List<string> log;
        using (var owner = new CSharpSession(sink))
        {
            foreach (var cell in cells)
            {
                var result = await owner.ExecuteAsync(cell, TestContext.Current.CancellationToken);
                Assert.Equal("", string.Join('\n', result.Error?.Traceback ?? []));
            }

            log = (List<string>)owner.Variables.Single(variable => variable.Name == "log").Value!;
            Assert.Equal(["in", "inner", "end", "a"], log);
        }

        Assert.Equal(["a2", "b"], log.Skip(4));
    }

    [Fact]
    public async Task A_disposed_session_lets_go_of_its_values()
    {
        var held = await HoldAsync();
        for (var i = 0; i < 10 && held.IsAlive; i++)
        {
            await Task.Delay(20, TestContext.Current.CancellationToken);
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.False(held.IsAlive);

        static async Task<WeakReference> HoldAsync()
        {
            using var session = new CSharpSession(new RecordingSink());
            await session.ExecuteAsync("var big = new byte[1 << 20];", TestContext.Current.CancellationToken);
            return new WeakReference(session.Variables.Single().Value);
        }
    }

    private async Task Ok(string code)
    {
        var result = await session.ExecuteAsync(code, TestContext.Current.CancellationToken);
        Assert.True(result.Status == CellStatus.Ok, string.Join('\n', result.Error?.Traceback ?? []));
    }
}
