// Checks that bad input ends in one error and does not hang.
namespace Llm360.Notebooks.Tests;

internal static class Refusal
{
    private const int LongestMessage = 10_000;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Returns the error of an action; any other end fails the test.</summary>
    public static async Task<Llm360Exception> OfAsync(Func<Task> read)
    {
        // A separate thread, so that an action that hangs does not block the test.
        var task = Task.Factory.StartNew(
            () => read().GetAwaiter().GetResult(), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var error = await Assert.ThrowsAnyAsync<Llm360Exception>(() => task.WaitAsync(Patience, TestContext.Current.CancellationToken));
        Assert.InRange(error.Message.Length, 1, LongestMessage);
        Assert.DoesNotContain(error.What + error.Where, char.IsControl);
        return error;
    }

    /// <summary>Returns the error of an action.</summary>
    public static Task<Llm360Exception> OfAsync(Action read) => OfAsync(() =>
    {
        read();
        return Task.CompletedTask;
    });
}
