// Notebooks written for .NET Interactive run in this kernel as they are.
using Llm360.Notebooks.Kernel.Execution;
using Xunit;

namespace Llm360.Notebooks.Kernel.Tests.Execution;

public sealed class InteractiveNotebookTests
{
    public static TheoryData<string, string[], string> Notebooks => InteractiveNotebooks.All;

    [Theory]
    [MemberData(nameof(Notebooks), DisableDiscoveryEnumeration = true)]
    public async Task A_notebook_of_NET_Interactive_runs(string name, string[] cells, string last)
    {
        var sink = new RecordingSink();
        using var session = new CSharpSession(sink, new SessionOptions { DotNetInteractive = true });
        foreach (var cell in cells)
        {
            var result = await session.ExecuteAsync(cell, TestContext.Current.CancellationToken);
            Assert.True(result.Error is null, $"{name}:\n{cell}\n{string.Join('\n', result.Error?.Traceback ?? [])}");
        }

        Assert.DoesNotContain(sink.Calls, call =>
            call.Bundle?.ToString().Contains("formatter of this type failed", StringComparison.Ordinal) == true);
        Assert.Equal(last, sink.LastPlain);
    }
}
