// execute_request: runs a cell for a client.
using System.Text.Json.Nodes;
using Llm360.Notebooks.Kernel.Documents;
using Llm360.Notebooks.Kernel.Execution;

namespace Llm360.Notebooks.Kernel.Jupyter;

/// <summary>Runs cells one at a time; an interrupt ends the running one.</summary>
internal sealed class ExecuteRequests : IDisposable
{
    // With this, the reply to an interrupt comes within a second, whatever the cell does.
    private static readonly TimeSpan StopPatience = TimeSpan.FromMilliseconds(700);

    private readonly Channels channels;
    private readonly ClientInput input;
    private readonly History history;
    private readonly ClientOutputs outputs;
    private readonly CellNote note;
    private readonly Lock gate = new();
    private (string Cell, string? Cause)? formerEnd;
    private CancellationTokenSource running = new();
    private bool isRunning;
    private long interruptedUpTo;

    public ExecuteRequests(Channels channels, ClientOutputs outputs, ClientInput input, History history, KernelOptions options)
    {
        (this.channels, this.outputs, this.input, this.history) = (channels, outputs, input, history);
        note = new CellNote(options.CellNote);
        formerEnd = note.Take();
        Session = new CSharpSession(outputs, new SessionOptions
        {
            StopPatience = StopPatience,
            Input = input.Ask,
            WorkingDirectory = options.WorkingDirectory,
            WaitForRoom = channels.WaitForRoom,
            DotNetInteractive = options.DotNetInteractive,
        });
    }

    public CSharpSession Session { get; }

    /// <summary>From now on, an interrupt stops this request.</summary>
    /// <remarks>Called before the client is told that the kernel is busy, since the client may
    /// interrupt at once.</remarks>
    /// <param name="number">The request's number in the order of arrival.</param>
    public void Begin(long number)
    {
        lock (gate)
        {
            (running, isRunning) = (new CancellationTokenSource(), true);
            if (number <= interruptedUpTo)
                running.Cancel(); // Nothing is registered with it yet.
        }
    }

    /// <summary>The request is answered.</summary>
    public void End()
    {
        lock (gate)
            isRunning = false;
    }

    /// <summary>Runs the cell of the request that has begun.</summary>
    /// <param name="request">The request.</param>
    /// <param name="abortQueue">Called if the cell has failed and the waiting requests are to be
    /// aborted, before the client is told of the error.</param>
    /// <returns>The content of execute_reply.</returns>
    public async Task<JsonObject> ExecuteAsync(Message request, Action abortQueue)
    {
        var content = request.Content;
        var code = content.Text("code") ?? throw new FormatException("execute_request lacks the text \"code\"");
        var silent = content.Flag("silent") ?? false;
        var counts = (content.Flag("store_history") ?? true) && !silent;
        outputs.Begin(request);
        input.Begin(content.Flag("allow_stdin") ?? false ? request : null);
        var stop = running;
        note.Begin(Session.ExecutionCount + (counts ? 1 : 0), code);
        try
        {
            TellFormerEnd();
            if (!silent)
            {
                var announced = new JsonObject { ["code"] = code, ["execution_count"] = Session.ExecutionCount + (counts ? 1 : 0) };
                channels.Send(ChannelName.IOPub, "execute_input", announced, request);
            }

            var result = await Session.ExecuteAsync(code, new CellOptions
            {
                Counts = counts,
                ShowsResult = !silent,

                // JupyterLab sends the cell's metadata.
                Language = CellLanguage.Of(request.Metadata),
            }, stop.Token).ConfigureAwait(false);
            outputs.Flush();
            if (counts)
                history.Add(result.ExecutionCount, code, outputs.LastResult);
            if (result.Error is { } error)
            {
                if (content.Flag("stop_on_error") ?? true)
                    abortQueue();
                channels.Send(ChannelName.IOPub, "error", Error(error), request);
                var failed = Error(error);
                failed["status"] = "error";
                failed["execution_count"] = result.ExecutionCount;
                return failed;
            }

            var reply = new JsonObject { ["status"] = "ok", ["execution_count"] = result.ExecutionCount, ["payload"] = new JsonArray() };
            var expressions = content["user_expressions"] as JsonObject ?? [];
            reply["user_expressions"] = await EvaluateAsync(expressions, stop.Token).ConfigureAwait(false);
            outputs.Flush();
            return reply;
        }
        finally
        {
            input.Begin(null);
            note.End();
        }
    }

    /// <summary>Stops the running request. If none runs, stops those that have arrived as soon as
    /// they begin.</summary>
    /// <param name="received">The number of the last request that has arrived.</param>
    /// <remarks>Runs no code of a cell: a thread of the session calls what a cell has registered
    /// with its token.</remarks>
    public void Interrupt(long received)
    {
        CancellationTokenSource stop;
        lock (gate)
        {
            if (!isRunning)
            {
                interruptedUpTo = received;
                return;
            }

            stop = running;
        }

        stop.Cancel();
    }

    public void Dispose() => Session.Dispose();

    // At the first cell: what a kernel publishes before belongs to no request, and front ends do
    // not show it.
    private void TellFormerEnd()
    {
        if (formerEnd is not var (cell, cause))
            return;
        formerEnd = null;
        cause ??= "an unknown cause: a stack overflow, a fault in native code, or an end from outside";
        const string what = "The kernel died while a cell was running, and was started again. What cells had set is gone.";
        outputs.Stream(OutputStream.Stderr, $"{what}\n  where: {cell}\n  cause: {cause}\n");
    }

    private async Task<JsonObject> EvaluateAsync(JsonObject expressions, CancellationToken stop)
    {
        var values = new JsonObject();
        foreach (var (name, expression) in expressions)
        {
            var (result, value) = await Session.EvaluateAsync(expression?.ToString() ?? "", stop).ConfigureAwait(false);
            var shown = value is null
                ? Error(result.Error!)
                : new JsonObject { ["data"] = value.Data.DeepClone(), ["metadata"] = value.Metadata.DeepClone() };
            shown["status"] = value is null ? "error" : "ok";
            values[name] = shown;
        }

        return values;
    }

    private static JsonObject Error(CellError error) => new()
    {
        ["ename"] = error.Name,
        ["evalue"] = error.Message,
        ["traceback"] = new JsonArray([.. error.Traceback.Select(line => JsonValue.Create(line))]),
    };
}
