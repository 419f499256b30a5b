// The messages of the protocol, as a client sends and gets them.
using System.Text.Json.Nodes;
using Llm360.Notebooks.Kernel.Jupyter;
using NetMQ;
using Xunit;

namespace Llm360.Notebooks.Kernel.Tests.Jupyter;

public sealed class ProtocolTests : IAsyncDisposable
{
    private readonly KernelClient client = new KernelClient().Ready();

    public ValueTask DisposeAsync() => client.DisposeAsync();

    [Fact]
    public void Every_request_is_answered_between_busy_and_idle()
    {
        foreach (var (type, content) in new (string, JsonObject)[]
        {
            ("kernel_info_request", []),
            ("comm_info_request", []),
            ("history_request", new() { ["hist_access_type"] = "tail", ["n"] = 3 }),
            ("complete_request", new() { ["code"] = "Cons", ["cursor_pos"] = 4 }),
            ("inspect_request", new() { ["code"] = "Console", ["cursor_pos"] = 4, ["detail_level"] = 0 }),
            ("is_complete_request", new() { ["code"] = "1" }),
            ("execute_request", new() { ["code"] = "1" }),
        })
        {
            var (reply, published) = client.Ask(type, content);
            Assert.Equal(type == "is_complete_request" ? "complete" : "ok", reply["status"]!.ToString());
            Assert.Equal(type == "execute_request" ? 2 : 0, published.Count);
        }

        Assert.Equal("ok", client.AskOn(client.Control, "kernel_info_request", []).Reply["status"]!.ToString());
        Assert.Equal("ok", client.AskOn(client.Control, "interrupt_request", []).Reply["status"]!.ToString());
        Assert.Equal("NotSupported", client.AskOn(client.Control, "debug_request", []).Reply["ename"]!.ToString());
        Assert.Equal("NotSupported", client.Ask("unheard_of_request", []).Reply["ename"]!.ToString());
        Assert.Equal("MalformedRequest", client.Ask("execute_request", new() { ["code"] = 5 }).Reply["ename"]!.ToString());
    }

    [Fact]
    public void The_kernel_says_what_it_is()
    {
        var info = client.Ask("kernel_info_request", []).Reply;
        Assert.Equal("5.4", info["protocol_version"]!.ToString());
        var language = info["language_info"]!;
        Assert.Equal(
            ("C#", ".cs", "text/x-csharp"),
            (language["name"]!.ToString(), language["file_extension"]!.ToString(), language["mimetype"]!.ToString()));
        Assert.False(info["debugger"]!.GetValue<bool>());
    }

    [Fact]
    public void A_cell_has_input_outputs_result_and_reply()
    {
        var (reply, published) = client.Run(
            "Console.WriteLine(\"out\"); Console.Error.WriteLine(\"err\"); "
            + "var shown = display(HTML(\"<b>1</b>\")); shown.Update(2); 6 * 7");
        Assert.Equal(
            ["execute_input", "stream", "stream", "display_data", "update_display_data", "execute_result"],
            published.Select(m => m.Type));
        Assert.Equal(("out\n", "err\n"), (KernelClient.Text(published, "stdout"), KernelClient.Text(published, "stderr")));
        Assert.Equal(
            published[3].Content["transient"]!["display_id"]!.ToString(),
            published[4].Content["transient"]!["display_id"]!.ToString());
        Assert.Equal(
            ("42", 1),
            (published[5].Content["data"]!["text/plain"]!.ToString(), published[5].Content["execution_count"]!.GetValue<int>()));
        Assert.Equal(
            ("ok", 1, 0),
            (reply["status"]!.ToString(), reply["execution_count"]!.GetValue<int>(), reply["payload"]!.AsArray().Count));
    }

    [Theory]
    [InlineData("polyglot_notebook", "kernelName", "html", "ok")]
    [InlineData("dotnet_interactive", "language", "fsharp", "error")]
    [InlineData("polyglot_notebook", "kernelName", "csharp", "error")]
    public void The_language_that_a_client_notes_for_a_cell_counts(string key, string name, string language, string status)
    {
        var metadata = new JsonObject { [key] = new JsonObject { [name] = language } };
        var id = client.Send(client.Shell, "execute_request", new() { ["code"] = "<b>1</b>" }, metadata);
        var reply = client.Reply(client.Shell, id).Content;
        Assert.Equal(status, reply["status"]!.ToString());
        var published = client.About(id)[^1].Content;
        if (language == "html")
            Assert.Equal("<b>1</b>", published["data"]!["text/html"]!.ToString());
        else
            Assert.Equal(language == "fsharp" ? "magic" : "CS1525", published["ename"]!.ToString());
    }

    [Fact]
    public void Silent_cells_and_those_without_history_do_not_count()
    {
        Assert.Equal(["stream"], client.Run("Console.Write(1); 2", ("silent", true)).Published.Select(m => m.Type));
        Assert.Equal(0, client.Run("var n = 3;", ("store_history", false)).Reply["execution_count"]!.GetValue<int>());
        Assert.Equal(1, client.Run("n").Reply["execution_count"]!.GetValue<int>());
        var asked = new JsonObject { ["hist_access_type"] = "tail", ["n"] = 10, ["output"] = true };
        var history = client.Ask("history_request", asked).Reply["history"]!.AsArray();
        Assert.Equal("""[[1,1,["n","3"]]]""", history.ToJsonString());
    }

    [Fact]
    public void User_expressions_are_evaluated_each_by_itself()
    {
        var expressions = new JsonObject { ["good"] = "n + 1", ["bad"] = "missing" };
        var values = client.Run("var n = 20;", ("user_expressions", expressions)).Reply["user_expressions"]!;
        Assert.Equal(("ok", "21"), (values["good"]!["status"]!.ToString(), values["good"]!["data"]!["text/plain"]!.ToString()));
        Assert.Equal(("error", "CS0103"), (values["bad"]!["status"]!.ToString(), values["bad"]!["ename"]!.ToString()));
    }

    [Fact]
    public void An_error_gives_up_what_waits_behind_it_and_nothing_later()
    {
        var ids = new[] { "while (!System.IO.File.Exists(\"never\")) await Task.Delay(1);", "2", "3" }
            .Select(code => client.Execute(code))
            .ToList();
        client.Until(m => m.Type == "execute_input");
        client.AskOn(client.Control, "kernel_info_request", []);
        client.AskOn(client.Control, "interrupt_request", []);
        Assert.Equal(["error", "aborted", "aborted"], ids.Select(id => client.Reply(client.Shell, id).Content["status"]!.ToString()));
        Assert.Equal("ok", client.Run("4").Reply["status"]!.ToString());

        // A client that asks to continue after an error is not aborted.
        var next = new[] { "throw new Exception();", "5" }.Select(code => client.Execute(code, ("stop_on_error", false))).ToList();
        Assert.Equal(["error", "ok"], next.Select(id => client.Reply(client.Shell, id).Content["status"]!.ToString()));
    }

    [Fact]
    public void Errors_carry_name_message_and_the_place_in_the_cell()
    {
        var (reply, published) = client.Run("var a = 1;\nint b = missing;");
        Assert.Equal(("error", "CS0103"), (reply["status"]!.ToString(), reply["ename"]!.ToString()));
        Assert.Equal(
            "cell 1, line 2, column 9: error CS0103: The name 'missing' does not exist in the current context\n"
                + "    int b = missing;\n            ^",
            string.Join('\n', published.Single(m => m.Type == "error").Content["traceback"]!.AsArray()));
    }

    [Fact]
    public void Input_is_asked_for_and_given()
    {
        var id = client.Execute(
            "var name = input(\"name: \"); var secret = password(\"key: \"); name + Console.ReadLine() + secret",
            ("allow_stdin", true));
        foreach (var (prompt, hidden, answer) in new[] { ("name: ", false, "Ada "), ("key: ", true, "!"), ("", false, "Lovelace") })
        {
            var question = client.Receive(client.Stdin);
            Assert.Equal((prompt, hidden), (question.Content["prompt"]!.ToString(), question.Content["password"]!.GetValue<bool>()));
            client.Answer(question, answer);
        }

        Assert.Equal("ok", client.Reply(client.Shell, id).Content["status"]!.ToString());
        Assert.Equal("Ada Lovelace!", client.About(id)[^1].Content["data"]!["text/plain"]!.ToString());
        var refused = client.Run("input()", ("allow_stdin", false)).Reply["evalue"]!.ToString();
        Assert.Contains("does not take", refused, StringComparison.Ordinal);

        // An interrupt ends the question.
        var asking = client.Execute("input(\"?\")", ("allow_stdin", true));
        client.Receive(client.Stdin);
        client.AskOn(client.Control, "interrupt_request", []);
        Assert.Equal("Cancelled", client.Reply(client.Shell, asking).Content["ename"]!.ToString());
    }

    [Fact]
    public async Task A_question_waits_for_a_client_whose_socket_for_it_connects_late()
    {
        await using var late = new KernelClient(client.Connection, connectsStdin: false).Ready();
        var id = late.Execute("Console.WriteLine(\"on\"); input(\"?\")", ("allow_stdin", true));
        late.Until(m => m.Type == "stream");
        await Task.Delay(300, TestContext.Current.CancellationToken);
        late.Stdin.Connect($"tcp://127.0.0.1:{client.Connection.StdinPort}");
        late.Answer(late.Receive(late.Stdin), "here");
        Assert.Equal("ok", late.Reply(late.Shell, id).Content["status"]!.ToString());
        Assert.Equal("here", late.About(id)[^1].Content["data"]!["text/plain"]!.ToString());
    }

    [Theory]
    [InlineData("while (true) { }")]
    [InlineData("Enumerable.Repeat(1, int.MaxValue).SelectMany(x => Enumerable.Repeat(x, int.MaxValue)).LongCount(x => x > 0);")]
    [InlineData("new ManualResetEventSlim().Wait();")]
    public void An_interrupt_ends_the_cell_and_the_state_survives(string code)
    {
        client.Run("var n = 7;");
        var id = client.Execute($"n = 8; Console.WriteLine(\"on\"); {code}");
        client.Until(m => m.Type == "stream");
        client.AskOn(client.Control, "interrupt_request", []);
        Assert.Equal("Cancelled", client.Reply(client.Shell, id).Content["ename"]!.ToString());
        Assert.Equal("8", client.Run("n").Published[^1].Content["data"]!["text/plain"]!.ToString());
    }

    [Fact]
    public void An_interrupt_is_not_lost_however_soon_it_comes()
    {
        for (var i = 0; i < 20; i++)
        {
            var id = client.Execute("while (true) { }");
            client.Until(m => m.Type == "execute_input" && m.ParentHeader["msg_id"]!.ToString() == id);
            client.AskOn(client.Control, "interrupt_request", []);
            Assert.Equal("Cancelled", client.Reply(client.Shell, id).Content["ename"]!.ToString());
        }
    }

    [Fact]
    public void Comms_are_refused_politely()
    {
        var opened = new JsonObject { ["comm_id"] = "c1", ["target_name"] = "jupyter.widget", ["data"] = new JsonObject() };
        var id = client.Send(client.Shell, "comm_open", opened);
        var published = client.About(id);
        Assert.Equal(("comm_close", "c1"), (published.Single().Type, published.Single().Content["comm_id"]!.ToString()));
        Assert.Empty(client.Ask("comm_info_request", []).Reply["comms"]!.AsObject());
    }

    [Fact]
    public void The_heart_beats_while_a_cell_runs()
    {
        var id = client.Execute("Console.WriteLine(1); while (true) { }");
        client.Until(m => m.Type == "stream");
        client.Heartbeat.SendMoreFrameEmpty().SendFrame("ping");
        Assert.Equal("ping", client.Heartbeat.ReceiveMultipartMessage().Last.ConvertToString());
        client.AskOn(client.Control, "interrupt_request", []);
        client.Reply(client.Shell, id);
    }

    [Fact]
    public void Completion_counts_code_points_and_knows_what_cells_declared()
    {
        client.Run("class Wörter { public int Länge => 1; } var wörter = new Wörter();");
        const string code = "var s = \"\U0001F600\"; wörter.Lä";
        var reply = client.Ask("complete_request", new() { ["code"] = code, ["cursor_pos"] = code.EnumerateRunes().Count() }).Reply;
        Assert.Equal(["Länge"], reply["matches"]!.AsArray().Select(m => m!.ToString()));
        Assert.Equal((20, 22), (reply["cursor_start"]!.GetValue<int>(), reply["cursor_end"]!.GetValue<int>()));
    }

    [Theory]
    [InlineData("if (true) {", "incomplete", "    ")]
    [InlineData("    x = (", "incomplete", "    ")]
    [InlineData("var = ;", "invalid", null)]
    [InlineData("using var s = File.OpenRead(\"x\");", "complete", null)]
    public void Completeness_and_indentation(string code, string status, string? indent)
    {
        var reply = client.Ask("is_complete_request", new() { ["code"] = code }).Reply;
        Assert.Equal((status, indent), (reply["status"]!.ToString(), reply["indent"]?.ToString()));
    }

    [Fact]
    public void A_connection_file_that_cannot_be_served_is_told()
    {
        var taken = Assert.Throws<Llm360Exception>(() => JupyterKernel.RunAsync(client.Connection).GetAwaiter().GetResult());
        var port = client.Connection.ShellPort.ToString(System.Globalization.CultureInfo.InvariantCulture);
        Assert.Contains(port, taken.Where, StringComparison.Ordinal);
        using var folder = new TemporaryFolder();
        string[] texts =
            ["{", "{}", """{"ip":"127.0.0.1","transport":"ipc"}""", """{"ip":"127.0.0.1","signature_scheme":"hmac-md5"}"""];
        foreach (var text in texts)
        {
            File.WriteAllText(folder.File("connection.json"), text);
            Assert.Throws<Llm360Exception>(() => ConnectionFile.Read(folder.File("connection.json")));
        }
    }
}
