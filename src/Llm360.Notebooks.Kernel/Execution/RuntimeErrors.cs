// Exceptions in readable form: type, message, and only the stack frames of cells.
using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using Llm360.Notebooks.Kernel.Display;

namespace Llm360.Notebooks.Kernel.Execution;

internal static class RuntimeErrors
{
    // Frames shown at each end of a long trace: a recursion has thousands.
    private const int FramesAtEnds = 10;

    // The number of causes shown and examined: an exception may be its own cause.
    private const int MaxCauses = 10, MaxDepth = 10_000;

    /// <summary>The error of the cell named <paramref name="cell"/> from the exception it
    /// threw.</summary>
    /// <param name="exception">The exception.</param>
    /// <param name="cell">The cell's name, as in <c>cell 3</c>.</param>
    /// <param name="folder">The session's folder: debug information places cells and loaded files
    /// under it.</param>
    public static CellError From(Exception exception, string cell, string folder)
    {
        exception = Unwrap(exception);
        var name = exception is Llm360Exception ? nameof(Llm360Exception) : TypeName(exception.GetType());
        List<string> traceback = exception is Llm360Exception own
            ? [own.What, $"  where: {own.Where}", $"  what to do: {own.Remedy}"]
            : [$"{name}: {SafeText.Message(exception)}"];
        var frames = Frames(exception, folder).ToList();
        traceback.AddRange(Shown(frames));
        // The runtime's compiler may share the code that throws. Then no line is known.
        if (frames.Count == 0 && CellOf(exception) is { } thrower)
            traceback.Add($"  at {thrower}");
        var causes = exception is Llm360Exception ? [] : Causes(exception);
        traceback.AddRange(causes.Take(MaxCauses).Select(cause => $"  caused by {TypeName(cause.GetType())}: {SafeText.Message(cause)}"));
        if (causes.Count > MaxCauses)
            traceback.Add(string.Create(CultureInfo.InvariantCulture, $"  ... {causes.Count - MaxCauses:N0} more causes"));
        if ((Remedy(exception) ?? causes.Select(Remedy).LastOrDefault(remedy => remedy is not null)) is { } remedy)
            traceback.Add($"  what to do: {remedy}");
        return new CellError(name, SafeText.Message(exception), frames.Find(frame => frame.File == cell)?.Line, null, traceback, exception);
    }

    /// <summary>The underlying exception, without wrappers that only say that a task or a call
    /// failed.</summary>
    public static Exception Unwrap(Exception exception)
    {
        for (var depth = 0; depth < MaxDepth && IsWrapper(exception); depth++)
            exception = exception.InnerException!;
        return exception;
    }

    private static bool IsWrapper(Exception exception) =>
        exception is AggregateException { InnerExceptions.Count: 1 }
        || exception is TargetInvocationException or TypeInitializationException && exception.InnerException is not null;

    /// <summary>Whether the exception says only that work was cancelled, at one place or at several
    /// at once.</summary>
    public static bool IsStop(Exception exception) => Leaves(exception).All(leaf => leaf is OperationCanceledException);

    /// <summary>The innermost exceptions, however they are wrapped.</summary>
    private static IEnumerable<Exception> Leaves(Exception exception)
    {
        var left = new Stack<Exception>([exception]);
        var seen = new HashSet<Exception>(ReferenceEqualityComparer.Instance);
        while (left.TryPop(out var next))
        {
            next = Unwrap(next);
            if (!seen.Add(next))
                continue;
            if (next is not AggregateException { InnerExceptions.Count: > 0 } several)
                yield return next;
            else
                foreach (var inner in several.InnerExceptions)
                    left.Push(inner);
        }
    }

    /// <summary>The causes of the exception, one after the other, each once.</summary>
    private static List<Exception> Causes(Exception exception)
    {
        var seen = new HashSet<Exception>([exception], ReferenceEqualityComparer.Instance);
        var causes = new List<Exception>();
        var left = new Stack<Exception>([exception]);
        while (left.TryPop(out var next) && causes.Count < MaxDepth)
        {
            if (next != exception)
                causes.Add(next);
            foreach (var cause in Inner(next).Where(seen.Add))
                left.Push(cause);
        }

        return causes;
    }

    private static IEnumerable<Exception> Inner(Exception exception) =>
        exception is AggregateException several ? several.InnerExceptions.Reverse()
        : exception.InnerException is { } only ? [only] : [];

    private static string? Remedy(Exception exception) => exception switch
    {
        OutOfMemoryException => "work in smaller parts, or free what earlier cells hold: set those variables to null, or restart",
        InsufficientExecutionStackException => "see where the recursion should end, or write it as a loop",
        _ => null,
    };

    private static IEnumerable<string> Shown(List<Frame> frames)
    {
        var leftOut = frames.Count - (2 * FramesAtEnds);
        return leftOut <= 1
            ? frames.Select(frame => frame.ToString())
            : [
                .. frames.Take(FramesAtEnds).Select(frame => frame.ToString()),
                string.Create(CultureInfo.InvariantCulture, $"  ... {leftOut:N0} calls left out"),
                .. frames.TakeLast(FramesAtEnds).Select(frame => frame.ToString()),
            ];
    }

    private static IEnumerable<Frame> Frames(Exception exception, string folder) =>
        from frame in new StackTrace(exception, fNeedFileInfo: true).GetFrames()
        let method = frame.GetMethod()
        where method?.DeclaringType is not null && IsCell(method.DeclaringType.Assembly) && frame.GetFileName() is not null
        select new Frame(Path.GetRelativePath(folder, frame.GetFileName()!), frame.GetFileLineNumber(), FunctionName(method));

    private static string? CellOf(Exception exception) =>
        new StackTrace(exception).GetFrames().Select(frame => frame.GetMethod()?.DeclaringType?.Assembly)
            .Select(assembly => assembly is null ? null : Submissions.CellOf(assembly)).FirstOrDefault(cell => cell is not null);

    /// <summary>Roslyn begins the assembly name of every submission with this letter.</summary>
    private static bool IsCell(Assembly assembly) => assembly.GetName().Name?.StartsWith('\u211B') == true;

    /// <summary>The name of the user's function; null for the cell's top level and for lambdas in
    /// it.</summary>
    private static string? FunctionName(MethodBase method)
    {
        // An async function runs in MoveNext of a nested type <Name>d__1, and the top level in
        // <<Initialize>>d__0. A lambda is <Name>b__1.
        var compiled = method.Name == "MoveNext" ? method.DeclaringType!.Name : method.Name;
        if (!compiled.StartsWith('<'))
            return compiled;
        var name = compiled.TrimStart('<');
        name = name[..name.IndexOf('>', StringComparison.Ordinal)];
        return name is "Initialize" or "Factory" or "" ? null : name;
    }

    private static string TypeName(Type type) => IsCell(type.Assembly) ? type.Name : SafeText.TypeName(type);

    private sealed record Frame(string File, int Line, string? Function)
    {
        public override string ToString() =>
            string.Create(CultureInfo.InvariantCulture, $"  at {File}, line {Line}{(Function is null ? "" : $", in {Function}")}");
    }
}
