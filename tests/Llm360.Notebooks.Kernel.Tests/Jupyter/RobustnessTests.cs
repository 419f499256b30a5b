// What a kernel gets from faulty clients and cells: nothing of it stops the kernel.
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Llm360.Notebooks.Kernel.Jupyter;
using NetMQ;
using Xunit;

namespace Llm360.Notebooks.Kernel.Tests.Jupyter;

public sealed class RobustnessTests
{
    [Fact]
    public async Task Frames_that_are_no_signed_message_are_dropped_and_told()
    {
        await using var client = new KernelClient().Ready();
        var format = new WireFormat("another key");
        var right = new WireFormat(client.Connection.Key);
        var message = format.Create("execute_request", new JsonObject { ["code"] = "1" }, null, []);
        client.Shell.SendMultipartMessage(format.ToFrames(message));
        var shutdown = new JsonObject { ["msg_type"] = "shutdown_request" };
        client.Control.SendMultipartMessage(format.ToFrames(message with { Header = shutdown }));
        client.Shell.SendFrame("nonsense");
        client.Shell.SendMultipartMessage(new NetMQMessage(new[] { "<IDS|MSG>", "sig", "{}" }.Select(frame => new NetMQFrame(frame))));
        client.Shell.SendMultipartMessage(Tampered(right, message, "{\"a\":"));
        client.Shell.SendMultipartMessage(Tampered(right, message, "[1]"));
        client.Shell.SendMultipartMessage(Tampered(right, message, "\u00ff\u0000"));
        client.Shell.SendMultipartMessage(right.ToFrames(message with { Header = [] }));
        Assert.Equal("2", client.Run("2").Published[^1].Content["data"]!["text/plain"]!.ToString());
        // Messages of one channel keep their order, so the one sent above on control is dropped by
        // now.
        client.AskOn(client.Control, "kernel_info_request", []);
        Assert.Equal(7, client.Complaints.Count);
        Assert.Equal(2, client.Complaints.Count(line => line.Contains("wrong signature", StringComparison.Ordinal)));
        Assert.All(client.Complaints, line => Assert.StartsWith("llm360 kernel: dropped ", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Bytes_that_are_no_frames_are_survived()
    {
        await using var client = new KernelClient().Ready();
        var random = new Random(7);
        var connection = client.Connection;
        int[] ports =
            [connection.ShellPort, connection.ControlPort, connection.StdinPort, connection.IOPubPort, connection.HeartbeatPort];
        foreach (var port in ports)
        {
            for (var i = 0; i < 5; i++)
            {
                using var socket = new TcpClient("127.0.0.1", port);
                var bytes = i == 0 ? Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n") : new byte[300];
                if (i > 0)
                    random.NextBytes(bytes);
                if (i > 2)
                    (bytes[0], bytes[9]) = (0xff, 0x7f);
                socket.GetStream().Write(bytes);
            }
        }

        Assert.Equal("2", client.Run("2").Published[^1].Content["data"]!["text/plain"]!.ToString());
        client.Heartbeat.SendMoreFrameEmpty().SendFrame("ping");
        Assert.Equal("ping", client.Heartbeat.ReceiveMultipartMessage().Last.ConvertToString());
    }

    [Fact]
    public async Task Huge_messages_go_both_ways()
    {
        await using var client = new KernelClient().Ready();
        var literal = new string('x', 20_000_000);
        var (reply, published) = client.Run($"var text = \"{literal}\"; display(HTML(text)); text.Length");
        Assert.Equal("ok", reply["status"]!.ToString());
        Assert.Equal(literal.Length, published.Single(m => m.Type == "display_data").Content["data"]!["text/html"]!.ToString().Length);
        Assert.Equal("20000000", published[^1].Content["data"]!["text/plain"]!.ToString());
    }

    [Fact]
    public async Task Clients_in_parallel_get_their_own_replies()
    {
        await using var first = new KernelClient().Ready();
        await using var second = new KernelClient(first.Connection).Ready();
        first.Run("int sum = 0;");
        var requests = Enumerable.Range(0, 40).Select(i => (Client: i % 2 == 0 ? first : second, I: i)).ToList();
        var ids = requests.ConvertAll(r => r.Client.Execute($"sum += {r.I}; {r.I}"));
        foreach (var (request, id) in requests.Zip(ids))
        {
            Assert.Equal("ok", request.Client.Reply(request.Client.Shell, id).Content["status"]!.ToString());
            Assert.Equal(
                request.I.ToString(System.Globalization.CultureInfo.InvariantCulture),
                request.Client.About(id)[^1].Content["data"]!["text/plain"]!.ToString());
        }

        Assert.Equal("780", second.Run("sum").Published[^1].Content["data"]!["text/plain"]!.ToString());
    }

    [Fact]
    public async Task Ten_million_lines_are_cut_where_no_front_end_can_follow()
    {
        await using var client = new KernelClient().Ready();
        var (reply, published) = client.Run(
            "for (var i = 0; i < 10_000_000; i++) Console.WriteLine(i);\nConsole.Error.WriteLine(\"end\");");
        Assert.Equal("ok", reply["status"]!.ToString());
        Assert.InRange(published.Count, 100, 5000);
        var text = KernelClient.Text(published, "stdout");
        Assert.StartsWith("0\n1\n2\n", text, StringComparison.Ordinal);
        Assert.InRange(text.Length, 1 << 20, 32 << 20);
        Assert.Matches(
            "^The cell wrote 78,888,89[0-9] characters; what came after the first [0-9,]+ is left out here",
            KernelClient.Text(published, "stderr"));
        Assert.Equal("next\n", KernelClient.Text(client.Run("Console.WriteLine(\"next\");").Published, "stdout"));
    }

    [Fact]
    public async Task A_hundred_thousand_displays_are_cut_and_told()
    {
        await using var client = new KernelClient().Ready();
        var (reply, published) = client.Run(
            "DisplayHandle last = null;\nfor (var i = 0; i < 100_000; i++) last = display(i);\n"
            + "last.Update(1);\nConsole.WriteLine(\"end\");\n\"result\"");
        Assert.Equal("ok", reply["status"]!.ToString());
        var shown = published.Where(m => m.Type == "display_data").Select(m => m.Content["data"]!["text/plain"]!.ToString());
        Assert.Equal(Enumerable.Range(0, 1000).Select(i => i.ToString(System.Globalization.CultureInfo.InvariantCulture)), shown);
        Assert.DoesNotContain(published, m => m.Type == "update_display_data");
        Assert.Equal(
            "The cell showed 100,000 values; what came after the first 1,000 is left out here. "
                + "Replace one with Update, or show a table.\n",
            KernelClient.Text(published, "stderr"));
        Assert.Equal("end\n", KernelClient.Text(published, "stdout"));
        Assert.Single(published, m => m.Type == "execute_result");

        // The next cell shows again. What is cleared does not count.
        Assert.Single(client.Run("display(1);").Published, m => m.Type == "display_data");
        var frames = client.Run("for (var i = 0; i < 1500; i++) { clear_output(wait: true); display(i); }").Published;
        Assert.Equal("1499", frames.Last(m => m.Type == "display_data").Content["data"]!["text/plain"]!.ToString());
        Assert.Equal("", KernelClient.Text(frames, "stderr"));
    }

    [Fact]
    public async Task Displays_of_too_many_characters_are_cut_and_told()
    {
        await using var client = new KernelClient().Ready();
        var (_, published) = client.Run("var text = HTML(new string('x', 10_000_000)); for (var i = 0; i < 100; i++) display(text);");
        Assert.InRange(published.Count(m => m.Type == "display_data"), 1, 20);
        Assert.StartsWith(
            "The cell showed 100 values; what came after the first ",
            KernelClient.Text(published, "stderr"),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_a_hundred_thousand_updates_the_last_is_seen()
    {
        await using var client = new KernelClient().Ready();
        var (reply, published) = client.Run("var shown = display(-1); for (var i = 0; i < 100_000; i++) shown.Update(i);");
        Assert.Equal("ok", reply["status"]!.ToString());
        Assert.InRange(published.Count(m => m.Type == "update_display_data"), 1, 5000);
        Assert.Equal("99999", published[^1].Content["data"]!["text/plain"]!.ToString());
    }

    [Theory]
    [InlineData("i, 100_000")]
    [InlineData("7, 7")]
    public async Task A_hundred_thousand_reports_of_progress_are_few_messages_and_leave_nothing(string progress)
    {
        await using var client = new KernelClient().Ready();
        var (reply, published) = client.Run(
            $"for (var i = 1; i <= 100_000; i++) AmbientWork.Progress!.Report(new WorkProgress(\"task\", {progress}, \"rows\"));");
        Assert.Equal("ok", reply["status"]!.ToString());
        Assert.InRange(published.Count, 2, 5000);
        Assert.Equal("clear_output", published[^1].Type);
    }

    [Fact]
    public async Task Too_much_memory_is_an_error_of_the_cell()
    {
        await using var client = new KernelClient().Ready();
        const string code = "[System.Runtime.CompilerServices.InlineArray(1 << 15)] struct Block { byte first; }\n"
            + "var all = new Block[Array.MaxLength];";
        Assert.Equal("System.OutOfMemoryException", client.Run(code).Reply["ename"]!.ToString());
        Assert.Equal("2", client.Run("1 + 1").Published[^1].Content["data"]!["text/plain"]!.ToString());
    }

    [Fact]
    public async Task Fifty_kernels_one_after_the_other_use_the_same_ports()
    {
        var connection = KernelClient.Free();
        for (var i = 0; i < 50; i++)
        {
            using var end = new CancellationTokenSource();
            var kernel = JupyterKernel.RunAsync(connection, null, end.Token);

            // Within one process the sockets of the former kernel close in the background.
            for (var tries = 0; kernel.IsFaulted && tries < 200; tries++)
            {
                await Task.Delay(20, TestContext.Current.CancellationToken);
                kernel = JupyterKernel.RunAsync(connection, null, end.Token);
            }

            Assert.False(kernel.IsFaulted, kernel.Exception?.Message);
            await using (var client = new KernelClient(connection).Ready())
            {
                if (i % 2 == 0)
                    client.Execute("while (true) { }");
                else
                    client.Reply(client.Control, client.Send(client.Control, "shutdown_request", new JsonObject { ["restart"] = true }));
            }

            if (i % 2 == 0)
                await end.CancelAsync();
            await kernel.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        }
    }

    // With a valid signature, but with a wrong part.
    private static NetMQMessage Tampered(WireFormat format, Message message, string content)
    {
        var frames = format.ToFrames(message);
        var parts = frames.Skip(2).Take(3).Select(frame => frame.ToByteArray()).Append(Encoding.Latin1.GetBytes(content)).ToList();
        using var hmac = System.Security.Cryptography.IncrementalHash.CreateHMAC(
            System.Security.Cryptography.HashAlgorithmName.SHA256, "secret"u8);
        parts.ForEach(hmac.AppendData);
        var signature = Convert.ToHexStringLower(hmac.GetHashAndReset());
        return new NetMQMessage(
            [new NetMQFrame(frames[0].ToByteArray()), new NetMQFrame(signature), .. parts.Select(part => new NetMQFrame(part))]);
    }
}
