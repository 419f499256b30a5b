// The console of cells: output goes to their session at once, input comes from its front end.
using System.Text;

namespace Llm360.Notebooks.Kernel.Execution;

/// <summary>Replaces the console while there are sessions.</summary>
/// <remarks>
/// The console belongs to the process, sessions do not. Text written by a cell, or by anything it
/// started, goes to that cell's session. Text of threads that belong to no cell goes to a session
/// that is running one. Everything else goes to the console found before.
/// </remarks>
internal static class ConsoleRoute
{
    private static readonly Lock Gate = new();
    private static volatile CSharpSession[] sessions = [];
    private static (TextWriter Out, TextWriter Error, TextReader In) former;
    private static (TextWriter Out, TextWriter Error, TextReader In) installed;

    /// <summary>The open sessions.</summary>
    public static IReadOnlyList<CSharpSession> Sessions => sessions;

    private static (TextWriter Out, TextWriter Error, TextReader In) Console
    {
        get => (System.Console.Out, System.Console.Error, System.Console.In);
        set
        {
            System.Console.SetOut(value.Out);
            System.Console.SetError(value.Error);
            System.Console.SetIn(value.In);
        }
    }

    /// <summary>Gives the console to the session's cells.</summary>
    public static void Enter(CSharpSession session)
    {
        lock (Gate)
        {
            if (sessions.Length == 0)
            {
                former = Console;
                Console = (
                    new Writer(OutputStream.Stdout, former.Out),
                    new Writer(OutputStream.Stderr, former.Error),
                    new Reader(former.In));
                installed = Console;
            }

            sessions = [.. sessions, session];
        }
    }

    /// <summary>Ends the session's use of the console. The last session restores the former
    /// console, unless a cell has replaced it.</summary>
    public static void Leave(CSharpSession session)
    {
        lock (Gate)
        {
            sessions = [.. sessions.Where(other => other != session)];
            if (sessions.Length == 0 && Console == installed)
                Console = former;
        }
    }

    private static CSharpSession? Target(bool cellsAlone)
    {
        var all = sessions;
        if (CSharpSession.Current is { } owner)
            return Array.IndexOf(all, owner) >= 0 ? owner : null;
        return cellsAlone ? null : Array.FindLast(all, session => session.IsRunning);
    }

    private sealed class Writer(OutputStream stream, TextWriter outside) : TextWriter
    {
        // Shorter lines are written in one call, so that lines of several threads stay whole.
        private const int LongText = 1 << 20;

        public override Encoding Encoding => outside.Encoding;

        public override void Write(char value) => Write([value]);

        // A string may be very long, so it is not copied.
        public override void Write(string? value)
        {
            if (Target(cellsAlone: false) is { } target)
                target.Stream(stream, value ?? "");
            else
                outside.Write(value);
        }

        public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

        public override void Write(ReadOnlySpan<char> buffer)
        {
            if (Target(cellsAlone: false) is { } target)
                target.Stream(stream, buffer.ToString());
            else
                outside.Write(buffer);
        }

        public override void WriteLine() => Write(CoreNewLine);

        public override void WriteLine(string? value)
        {
            if (value is not { Length: > LongText })
            {
                Write(value + NewLine);
                return;
            }

            Write(value);
            WriteLine();
        }

        public override void Flush() => outside.Flush();
    }

    private sealed class Reader(TextReader outside) : TextReader
    {
        private string line = "";
        private int position;

        public override string? ReadLine() => Target(cellsAlone: true) is { } target ? target.Ask() : outside.ReadLine();

        public override int Peek() => Target(cellsAlone: true) is null ? outside.Peek() : position < line.Length ? line[position] : -1;

        public override int Read()
        {
            if (Target(cellsAlone: true) is not { } target)
                return outside.Read();
            if (position >= line.Length)
                (line, position) = (target.Ask() + "\n", 0);
            return line[position++];
        }
    }
}
