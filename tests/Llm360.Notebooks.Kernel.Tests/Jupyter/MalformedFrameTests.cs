// Messages with a valid signature and a bad part: logged and dropped, and the kernel continues.
using System.Security.Cryptography;
using System.Text;
using NetMQ;
using NetMQ.Sockets;
using Xunit;

namespace Llm360.Notebooks.Kernel.Tests.Jupyter;

public sealed class MalformedFrameTests
{
    private const string Header =
        """{"msg_id":"1","session":"s","username":"u","date":"2026-01-01T00:00:00Z","msg_type":"execute_request","version":"5.4"}""";

    // Each is sent as the header, the parent header and the content of an execute_request, on
    // shell, control and stdin. Latin-1: one byte for each character.
    private static readonly string[] Broken =
    [
        "", "null", "[]", "1", "\"text\"", "{", "{\"a\":}", "{'a':1}", "{\"a\":1}}", "{\"a\":1,}",
        "{\"msg_type\":\"execute_request\",\"msg_type\":\"execute_request\",\"msg_id\":\"1\"}", // a doubled key
        "{\"msg_type\":\"execute_request\",\"msg_\\u0074ype\":\"shutdown_request\"}",
        "{\"code\":\"1\",\"code\":\"2\"}",
        "{\"msg_type\":\"\\ud800\",\"msg_id\":\"1\"}", // half of a surrogate pair
        "{\"code\":\"\\udc00\"}",
        "{\"\\ud800\":1}",
        "{\"msg_type\":\"\u00ff\u00fe\",\"msg_id\":\"1\"}", // not UTF-8
        "{\"code\":\"\u00c3(\"}",
        "{\"\u00ed\u00a0\u0080\":1}",
        "{\"a\":" + new string('[', 100_000) + new string(']', 100_000) + "}",
        "\u0000", "{}\u0000", "\u00ef\u00bb\u00bf{}",
    ];

    [Fact]
    public async Task A_malformed_part_is_dropped_and_told()
    {
        await using var client = new KernelClient().Ready();
        foreach (var channel in new[] { client.Shell, client.Control, client.Stdin })
        {
            foreach (var part in Broken)
            {
                Send(channel, part, "{}", "{}");
                Send(channel, Header, part, "{}");
                Send(channel, Header, "{}", part);
            }
        }

        // Only messages on the same channel keep their order, so messages on the others may still
        // be on their way.
        Assert.Equal("ok", client.AskOn(client.Control, "kernel_info_request", []).Reply["status"]!.ToString());
        Assert.Equal("2", client.Run("1 + 1").Published[^1].Content["data"]!["text/plain"]!.ToString());
        while (client.ComplaintCount < 3 * 3 * Broken.Length)
            await Task.Delay(5, TestContext.Current.CancellationToken);
        Assert.All(client.Complaints, line => Assert.Contains("dropped a message with a part that is not", line, StringComparison.Ordinal));
    }

    private static void Send(DealerSocket channel, params string[] parts)
    {
        var bytes = new[] { parts[0], parts[1], "{}", parts[2] }.Select(Encoding.Latin1.GetBytes).ToList();
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, "secret"u8);
        bytes.ForEach(hmac.AppendData);
        var frames = new NetMQMessage();
        frames.Append("<IDS|MSG>");
        frames.Append(Convert.ToHexStringLower(hmac.GetHashAndReset()));
        bytes.ForEach(frames.Append);
        channel.SendMultipartMessage(frames);
    }
}
