// One model used by several threads while the garbage collector runs.
using Llm360.Notebooks.Models;
using Llm360.Notebooks.Torch;
using TorchSharp;

namespace Llm360.Notebooks.Tests.Models;

public sealed class ConcurrencyTests
{
    [Fact]
    public async Task Threads_and_garbage_collections_change_no_result()
    {
        using var model = LlamaModel.Load(Fixtures.Path("memorization", "ckpt_000"), Device.Cpu);
        using var prompts = torch.arange(3, 67, torch.int64).view(4, 16);
        using var expected = Generation.Greedy(model, prompts, 16);
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
                using var generated = Generation.Greedy(model, prompts, 16);
                Assert.True(generated.Equals(expected));
            }
        })));
        await done.CancelAsync();
        await collector;
    }
}
