// The kernel: takes requests in turn, answers interrupt and shutdown at once, ends when told to.
using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Llm360.Notebooks.Kernel.Display;
using Llm360.Notebooks.Kernel.Execution;

namespace Llm360.Notebooks.Kernel.Jupyter;

/// <summary>A C# kernel for Jupyter clients, protocol 5.4.</summary>
/// <remarks>
/// Requests on shell are handled one after the other, those on control at once. Everything is
/// answered between a busy and an idle on iopub. Subshells and the debugger
/// are not offered. A kernel takes the console of its process while it lives: one kernel a process.
/// </remarks>
public sealed class JupyterKernel : IDisposable
{
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(1);

    private readonly Channels channels;
    private readonly ClientOutputs outputs;
    private readonly ClientInput input;
    private readonly ExecuteRequests executes;
    private readonly ShellRequests shell;
    private readonly BlockingCollection<(long Number, Message? Request)> queue = [];

    // Their continuations run at once, on threads of the kernel.
    private readonly TaskCompletionSource shutdown = new(), served = new();
    private long received;
    private long abortUpTo;

    private JupyterKernel(ConnectionFile connection, KernelOptions options)
    {
        channels = new Channels(connection, options.Complain ?? (_ => { }));
        outputs = new ClientOutputs(channels);
        input = new ClientInput(channels, outputs);
        var history = new History();
        executes = new ExecuteRequests(channels, outputs, input, history, options);
        shell = new ShellRequests(executes.Session, history);
    }

    /// <summary>Serves the clients of one connection until one of them sends shutdown_request.</summary>
    /// <param name="connection">Where to listen, and the key.</param>
    /// <param name="options">Settings; null for the defaults.</param>
    /// <param name="cancellation">Ends the kernel as well.</param>
    /// <exception cref="Llm360Exception">The kernel cannot listen there.</exception>
    public static async Task RunAsync(ConnectionFile connection, KernelOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(connection);
        using var kernel = new JupyterKernel(connection, options ?? new KernelOptions());
        await using var registration = cancellation.Register(kernel.BeginShutdown).ConfigureAwait(false);
        kernel.channels.Send(ChannelName.IOPub, "status", Status("starting"), null);
        kernel.channels.Start(kernel.Receive);

        _ = kernel.WarmUpAsync(options ?? new KernelOptions());
        DeepThread.Start("jupyter requests", kernel.Serve);
        // A kernel that no longer serves, as when the memory is gone, must not go on to listen: its clients would wait for ever.
        if (await Task.WhenAny(kernel.shutdown.Task, kernel.served.Task).ConfigureAwait(false) == kernel.served.Task)
            await kernel.served.Task.ConfigureAwait(false);
        kernel.queue.Add((0, null), CancellationToken.None);
        kernel.executes.Interrupt(long.MaxValue);
        Task.WaitAny([kernel.served.Task], LastWords);
    }

    /// <summary>Lets the ports and what the cells held go.</summary>
    public void Dispose()
    {
        executes.Dispose();
        outputs.Dispose();
        channels.Dispose();
    }

    // The first compilation and the first completion take longest: they are done while the client
    // still says hello.
    private async Task WarmUpAsync(KernelOptions options)
    {
        await executes.Session.EvaluateAsync("1", CancellationToken.None).ConfigureAwait(false);
        if (MemoryReserve.IsThere)
            await shell.WarmUpAsync().ConfigureAwait(false);
        options.WarmedUp?.Invoke();
    }

    private static JsonObject Status(string state) => new() { ["execution_state"] = state };

    // On the thread of the sockets: quick.
    private void Receive(ChannelName channel, Message message)
    {
        if (channel == ChannelName.Stdin)
        {
            if (message.Type == "input_reply")
                input.Receive(message);
        }
        else if (channel == ChannelName.Shell && message.Type != "shutdown_request")
        {
            queue.Add((Interlocked.Increment(ref received), message));
        }
        else
        {
            Control(channel, message);
        }
    }

    private void Control(ChannelName channel, Message request)
    {
        channels.Send(ChannelName.IOPub, "status", Status("busy"), request);
        switch (request.Type)
        {
            case "interrupt_request":
                executes.Interrupt(Interlocked.Read(ref received));
                channels.Send(channel, "interrupt_reply", new JsonObject { ["status"] = "ok" }, request);
                break;
            case "shutdown_request":
                var restart = request.Content.Flag("restart") ?? false;
                channels.Send(channel, "shutdown_reply", new JsonObject { ["status"] = "ok", ["restart"] = restart }, request);
                channels.Send(ChannelName.IOPub, "shutdown_reply", new JsonObject { ["status"] = "ok", ["restart"] = restart }, request);
                break;
            case "kernel_info_request":
                channels.Send(channel, "kernel_info_reply", KernelInfo.Reply(), request);
                break;
            default:
                if (ShellRequests.ReplyType(request.Type) is { } reply)
                    channels.Send(channel, reply, ShellRequests.Error("NotSupported", $"This kernel does not know {request.Type} on {channel}."), request);
                break;
        }

        channels.Send(ChannelName.IOPub, "status", Status("idle"), request);
        if (request.Type == "shutdown_request")
            BeginShutdown();
    }

    private void BeginShutdown() => DeepThread.Start("jupyter shutdown", () => shutdown.TrySetResult());

    private void Serve()
    {
        try
        {
            ServeAll();
            served.SetResult();
        }
        catch (Exception e)
        {
            served.SetException(e);
        }
    }

    private void ServeAll()
    {
        while (queue.Take() is (var number, { } request))
        {
            if (request.Type == "execute_request")
                executes.Begin(number);
            channels.Send(ChannelName.IOPub, "status", Status("busy"), request);
            var reply = AnswerAsync(number, request).GetAwaiter().GetResult();
            executes.End();
            if (ShellRequests.ReplyType(request.Type) is { } type)
                channels.Send(ChannelName.Shell, type, reply, request);
            channels.Send(ChannelName.IOPub, "status", Status("idle"), request);
        }
    }

    private async Task<JsonObject> AnswerAsync(long number, Message request)
    {
        try
        {
            if (request.Type == "comm_open")
                channels.Send(ChannelName.IOPub, "comm_close", new JsonObject { ["comm_id"] = request.Content.Text("comm_id") ?? "", ["data"] = new JsonObject() }, request);
            if (request.Type != "execute_request")
                return await shell.AnswerAsync(request).ConfigureAwait(false);
            if (number <= abortUpTo)
                return new JsonObject { ["status"] = "aborted" };

            // What the client had sent before it could know of an error is given up; what it sends from then on is run.
            return await executes.ExecuteAsync(request, () => abortUpTo = Interlocked.Read(ref received)).ConfigureAwait(false);
        }
        catch (FormatException e)
        {
            return ShellRequests.Error("MalformedRequest", $"The request could not be understood: {e.Message}.");
        }
        catch (Exception e)
        {
            // A fault of the kernel answers the request and is no reason to leave the others waiting.
            return ShellRequests.Error(e.GetType().Name, $"The kernel could not answer: {SafeText.Message(e)}");
        }
    }
}
