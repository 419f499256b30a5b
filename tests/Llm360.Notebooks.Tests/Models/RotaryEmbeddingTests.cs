// When rotary tables are created.
using TorchSharp;

namespace Llm360.Notebooks.Tests;

public sealed class RotaryEmbeddingTests
{
    [Fact]
    public void Tables_are_made_once_for_all_passes_that_are_no_longer()
    {
        using var scope = torch.NewDisposeScope();
        using var model = LanguageModel.Load(Fixtures.Path("models", "llama-mha"));
        using var rotary = new RotaryEmbedding(model, neighbours: false);
        Assert.Equal(First(rotary.Tables(20).Cos), First(rotary.Tables(30).Cos));

        static unsafe nint First(torch.Tensor x) => (nint)TensorMemory.Floats(x);
    }
}
