// Slow front ends: writers wait, memory stays bounded, and an interrupt ends the wait.
using System.Globalization;
using NetMQ.Sockets;
using Xunit;

namespace Llm360.Notebooks.Kernel.Tests.Jupyter;

public sealed class HoldBackTests
{
    private const int Shown = 300;

    [Theory]
    [InlineData("for (; n < 300; n++) display(big);")]
    [InlineData("Parallel.For(0, 300, i => { display(big); Interlocked.Increment(ref n); });")]
    [InlineData("await Task.Yield(); for (; n < 300; n++) { clear_output(); display(big); }")]
    public async Task A_cell_that_writes_faster_than_a_client_reads_waits_and_can_be_interrupted(string code)
    {
        await using var client = new KernelClient().Ready();
        client.Run("var n = 0; var big = HTML(new string('x', 400_000));");
        using (var asleep = new SubscriberSocket())
        {
            // It takes one message and stops reading. The connection's own buffers fill, and the
            // kernel must keep what follows.
            asleep.Options.ReceiveHighWatermark = 1;
            asleep.SubscribeToAnyTopic();
            asleep.Connect($"tcp://127.0.0.1:{client.Connection.IOPubPort}");
            client.Run("1");
            while (!asleep.HasIn)
                client.Run("display(1);");
            var running = client.Execute(code);

            // Almost the limit of bytes on their way has been sent: a message is 800 KB.
            for (var messages = 0; messages < 70;)
                messages += client.Receive(client.IOPub).Type == "display_data" ? 1 : 0;
            client.Send(client.Control, "interrupt_request", []);
            Assert.Equal("Cancelled", client.Reply(client.Shell, running).Content["ename"]!.ToString());
        }

        // The client is gone, and so is what was kept for it.
        var result = client.Run("display(big); n").Published.Last(m => m.Type == "execute_result");
        Assert.InRange(int.Parse(result.Content["data"]!["text/plain"]!.ToString(), CultureInfo.InvariantCulture), 60, Shown - 1);
    }

    [Fact]
    public async Task One_output_of_two_hundred_megabytes_is_cut_and_told()
    {
        await using var client = new KernelClient().Ready();
        var published = client.Run("var text = new string('x', 200_000_000); Console.Write(text); Console.WriteLine(text); text").Published;
        Assert.Equal(32 << 20, KernelClient.Text(published, "stdout").Length);
        Assert.Equal(
            "The cell wrote 400,000,001 characters; what came after the first 33,554,432 is left out here. Write to a file instead.\n",
            KernelClient.Text(published, "stderr"));
        var shown = published.Single(m => m.Type == "execute_result").Content["data"]!["text/plain"]!.ToString();
        Assert.EndsWith("(text/plain of 200,000,000 characters: cut after 33,554,432)", shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Threads_that_write_without_pause_keep_no_cell_waiting()
    {
        await using var client = new KernelClient().Ready();
        client.Run("var on = true; for (var i = 0; i < 8; i++) "
            + "new Thread(() => { while (Volatile.Read(ref on)) Console.WriteLine(new string('x', 1000)); }).Start();");
        Assert.Equal("ok", client.AskOn(client.Control, "kernel_info_request", []).Reply["status"]!.ToString());
        Assert.Equal("2", client.Run("1 + 1").Published.Last(m => m.Type == "execute_result").Content["data"]!["text/plain"]!.ToString());
        Assert.Equal("ok", client.Run("on = false;").Reply["status"]!.ToString());
    }
}
