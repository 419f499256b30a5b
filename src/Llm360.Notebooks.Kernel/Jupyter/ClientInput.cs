// Questions to the user: input_request and input_reply on stdin.
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.Kernel.Jupyter;

/// <summary>Asks the client whose cell runs.</summary>
internal sealed class ClientInput(Channels channels, ClientOutputs outputs)
{
    private readonly Lock oneQuestion = new();
    private volatile TaskCompletionSource<string>? waiting;
    private volatile Message? request;

    /// <summary>From now on, questions go to the sender of this request; null if no client may be
    /// asked.</summary>
    public void Begin(Message? execute) => request = execute;

    /// <summary>Asks and waits.</summary>
    /// <exception cref="Llm360Exception">The client takes no input.</exception>
    /// <exception cref="OperationCanceledException">The cell was interrupted.</exception>
    public string Ask(string prompt, bool hidden)
    {
        lock (oneQuestion)
        {
            if (request is not { } asker)
            {
                throw new Llm360Exception(
                    "The cell asks for input, which this front end does not take.",
                    $"prompt \"{prompt}\"",
                    "Put the value into a variable, or run the cell in Notebook, JupyterLab, VS Code or jupyter console.");
            }

            outputs.Flush();
            var answer = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
            waiting = answer;
            channels.Send(ChannelName.Stdin, "input_request", new JsonObject { ["prompt"] = prompt, ["password"] = hidden }, asker);
            try
            {
                return answer.Task.WaitAsync(AmbientWork.Cancellation).GetAwaiter().GetResult();
            }
            finally
            {
                waiting = null;
            }
        }
    }

    /// <summary>Receives an input_reply.</summary>
    public void Receive(Message reply) => waiting?.TrySetResult(reply.Content.Text("value") ?? "");
}
