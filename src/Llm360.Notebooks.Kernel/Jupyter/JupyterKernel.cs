// The kernel: handles requests in order, answers interrupt and shutdown at once, ends on demand.
using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Llm360.Notebooks.Kernel.Display;
using Llm360.Notebooks.Kernel.Execution;

namespace Llm360.Notebooks.Kernel.Jupyter;

/// <summary>A C# kernel for Jupyter clients, protocol 5.4.</summary>
/// <remarks>
/// Requests on shell are handled one after the other, those on control at once. Every request is
/// answered between a busy and an idle status on iopub. Subshells and the debugger are not
/// supported. A kernel redirects the console of its process, so a process can have one kernel.
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

    /// <summary>Serves the clients of one connection until one of them sends
    /// shutdown_request.</summary>
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
        // A kernel that no longer serves, for example without memory, must not continue to listen:
        // its clients would wait forever.
        if (await Task.WhenAny(kernel.shutdown.Task, kernel.served.Task).ConfigureAwait(false) == kernel.served.Task)
            await kernel.served.Task.ConfigureAwait(false);
        kernel.queue.Add((0, null), CancellationToken.None);
        kernel.executes.Interrupt(long.MaxValue);
        Task.WaitAny([kernel.served.Task], LastWords);
    }

    /// <summary>Releases the ports and what the cells held.</summary>
    public void Dispose()
    {
        executes.Dispose();
        outputs.Dispose();
        channels.Dispose();
    }

    // The first compilation and the first completion take longest. They run while the client is
    // still connecting.
    private async Task WarmUpAsync(KernelOptions options)
    {
        await executes.Session.EvaluateAsync("1", CancellationToken.None).ConfigureAwait(false);
        if (MemoryReserve.IsThere)
            await shell.WarmUpAsync().ConfigureAwait(false);
        options.WarmedUp?.Invoke();
    }

    private static JsonObject Status(string state) => new() { ["execution_state"] = state };

    // On the thread of the sockets, so it must be quick.
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
                {
                    var error = ShellRequests.Error("NotSupported", $"This kernel does not know {request.Type} on {channel}.");
                    channels.Send(channel, reply, error, request);
                }

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
            {
                var close = new JsonObject { ["comm_id"] = request.Content.Text("comm_id") ?? "", ["data"] = new JsonObject() };
                channels.Send(ChannelName.IOPub, "comm_close", close, request);
            }

            if (request.Type != "execute_request")
                return await shell.AnswerAsync(request).ConfigureAwait(false);
            if (number <= abortUpTo)
                return new JsonObject { ["status"] = "aborted" };

            // Requests that the client sent before it could know of an error are aborted. Later
            // requests run.
            return await executes.ExecuteAsync(request, () => abortUpTo = Interlocked.Read(ref received)).ConfigureAwait(false);
        }
        catch (FormatException e)
        {
            return ShellRequests.Error("MalformedRequest", $"The request could not be understood: {e.Message}.");
        }
        catch (Exception e)
        {
            // A fault of the kernel answers this request. The other requests must still be served.
            return ShellRequests.Error(e.GetType().Name, $"The kernel could not answer: {SafeText.Message(e)}");
        }
    }
}
