// Threads with a large stack: for the compiler, for cells, and for work outside the thread pool.
namespace Llm360.Notebooks.Kernel.Execution;

/// <summary>Starts background threads whose stack is large.</summary>
/// <remarks>
/// A cell may use <see cref="CellStop.MaxStackBytes"/> of the stack. The rest is for the compiler,
/// which recurses as deep as the source is nested, and for the runtime: an exception thrown inside
/// a handler or a filter needs 16 KB of stack for every level.
/// The system provides the memory of a stack only where it is touched.
/// </remarks>
internal static class DeepThread
{
    /// <summary>The size of the stack. The llm360 command gives the same size to every thread of
    /// its process.</summary>
    public const int StackBytes = 256 << 20;

    /// <summary>Starts the thread. The logical call context of the caller flows into it.</summary>
    public static void Start(string name, Action action) =>
        new Thread(() => action(), StackBytes) { IsBackground = true, Name = name }.Start();

    /// <summary>Starts asynchronous work on its own thread. Continuations of the result run where
    /// the work ends.</summary>
    public static Task<T> Run<T>(string name, Func<Task<T>> work)
    {
        var started = new TaskCompletionSource<Task<T>>();
        Start(name, () =>
        {
            try
            {
                started.SetResult(work());
            }
            catch (Exception e)
            {
                started.SetException(e);
            }
        });
        return started.Task.Unwrap();
    }
}
