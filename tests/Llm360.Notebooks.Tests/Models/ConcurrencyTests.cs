// One model used by several threads while the garbage collector runs.

namespace Llm360.Notebooks.Tests;

public sealed class ConcurrencyTests
{
    [Fact]
    public async Task Threads_and_garbage_collections_change_no_result()
    {
        using var model = LlamaModel.Load(Fixtures.Path("memorization", "ckpt_000"), Device.Cpu);
        int[][] prompts = [.. Enumerable.Range(3, 64).Chunk(16)];
        var options = new GenerationOptions { MaxNewTokens = 16 };
        var expected = model.Generate(prompts, options);
        using var done = new CancellationTokenSource();
        var collector = Task.Run(() =>
        {
            while (!done.IsCancellationRequested)
            {
                GC.Collect(0);
                GC.WaitForPendingFinalizers();
            }
        });
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 40; i++)
            {
                Assert.Equal(expected, model.Generate(prompts, options));
            }
        })));
        await done.CancelAsync();
        await collector;
    }
}
