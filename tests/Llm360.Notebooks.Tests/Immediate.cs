// Progress that reports at once on the reporting thread; Progress<T> reports later.
namespace Llm360.Notebooks.Tests;

internal sealed class Immediate(Action<WorkProgress> report) : IProgress<WorkProgress>
{
    public void Report(WorkProgress value) => report(value);
}
