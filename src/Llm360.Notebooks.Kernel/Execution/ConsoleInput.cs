// Console.ReadLine in a cell asks the front end.
using Llm360.Notebooks.Kernel.Display;

namespace Llm360.Notebooks.Kernel.Execution;

/// <summary>Stands in for Console.In while a session lives; outside of its cells it is what was there before.</summary>
internal sealed class ConsoleInput : TextReader
{
    private readonly TextReader former;
    private readonly TextReader installed;
    private readonly CellGlobals globals;
    private volatile CSharpSession? session;
    private string line = "";
    private int position;

    public ConsoleInput(CSharpSession session, CellGlobals globals)
    {
        this.session = session;
        this.globals = globals;
        lock (ConsoleRoute.ConsoleGate)
        {
            former = Console.In;
            Console.SetIn(this);
            installed = Console.In;
        }
    }

    private bool Asks => session is { } mine && CSharpSession.Current == mine;

    /// <inheritdoc/>
    public override string? ReadLine() => Asks ? globals.input() : former.ReadLine();

    /// <inheritdoc/>
    public override int Peek() => !Asks ? former.Peek() : position < line.Length ? line[position] : -1;

    /// <inheritdoc/>
    public override int Read()
    {
        if (!Asks)
            return former.Read();
        if (position >= line.Length)
            (line, position) = (globals.input() + "\n", 0);
        return line[position++];
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        session = null;
        lock (ConsoleRoute.ConsoleGate)
        {
            if (ReferenceEquals(Console.In, installed))
                Console.SetIn(former);
        }

        base.Dispose(disposing);
    }
}
