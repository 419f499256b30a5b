// Progress that is told at once, on the thread that tells it: Progress<T> does so later.
namespace Llm360.Notebooks.Tests;

internal sealed class Immediate(Action<WorkProgress> report) : IProgress<WorkProgress>
{
    public void Report(WorkProgress value) => report(value);
}
