// Console output of cells, sent to their session as it is written.
using System.Text;

namespace Llm360.Notebooks.Kernel.Execution;

/// <summary>Stands in for Console.Out or Console.Error while a session lives.</summary>
/// <remarks>
/// The console belongs to the process, sessions do not: text written by a cell, or by anything it started, goes to that cell's session; text of threads that
/// belong to no cell goes to the session that is running one; everything else goes to the writer found before.
/// </remarks>
internal sealed class ConsoleRoute : TextWriter
{
    // The console is the process's: who stands on whom is settled one at a time.
    internal static readonly Lock ConsoleGate = new();

    private readonly TextWriter former;
    private readonly OutputStream stream;
    private readonly TextWriter installed;
    private volatile CSharpSession? session;

    /// <summary>Routes one of the console's streams to <paramref name="session"/> until disposed.</summary>
    public ConsoleRoute(CSharpSession session, OutputStream stream)
    {
        this.session = session;
        this.stream = stream;
        lock (ConsoleGate)
        {
            former = Installed;
            Install(this);
            installed = Installed;
        }
    }

    /// <inheritdoc/>
    public override Encoding Encoding => former.Encoding;

    private TextWriter Installed => stream == OutputStream.Stdout ? Console.Out : Console.Error;

    /// <inheritdoc/>
    public override void Write(char value) => Write([value]);

    /// <inheritdoc/>
    public override void Write(string? value) => Write(value.AsSpan());

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<char> buffer)
    {
        if (Target() is { } target)
            target.Stream(stream, buffer.ToString());
        else
            former.Write(buffer);
    }

    /// <inheritdoc/>
    public override void WriteLine() => Write(CoreNewLine);

    /// <inheritdoc/>
    public override void WriteLine(string? value) => Write(value + NewLine);

    /// <inheritdoc/>
    public override void Flush() => former.Flush();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        // When another session's route was installed on top, this one stays below it, and passes everything on.
        session = null;
        lock (ConsoleGate)
        {
            if (ReferenceEquals(Installed, installed))
                Install(former);
        }

        base.Dispose(disposing);
    }

    private CSharpSession? Target()
    {
        var mine = session;
        if (CSharpSession.Current is { } owner)
            return owner == mine ? mine : null;
        return mine is { IsRunning: true } ? mine : null;
    }

    private void Install(TextWriter writer)
    {
        if (stream == OutputStream.Stdout)
            Console.SetOut(writer);
        else
            Console.SetError(writer);
    }
}
