// Reduction of logits in blocks by operators, as on a GPU; float64 on the CPU uses this path.
using TorchSharp;

namespace Llm360.Notebooks.Tests;

public sealed class HeadReductionTests
{
    [Fact]
    public void Pieces_reduced_by_operators_are_what_the_kernel_makes()
    {
        using var kernel = LanguageModel.Load(Fixtures.Path("models", "llama-mha"), Device.Cpu, torch.float32);
        using var operators = LanguageModel.Load(Fixtures.Path("models", "llama-mha"), Device.Cpu, torch.float64);
        using var inference = torch.inference_mode();
        using var scope = torch.NewDisposeScope();
        var vocabulary = kernel.Config.VocabularySize;
        var positions = ((1 << 22) / vocabulary) + 100; // More than one block.
        using var generator = new torch.Generator(1, torch.CPU);
        var hidden = torch.randn([positions, kernel.Config.HiddenSize], torch.float32, generator: generator);
        var wide = hidden.to(torch.float64);
        var random = new Random(1);
        int[] targets = [.. Enumerable.Range(0, positions).Select(i => i % 10 == 9 ? -1 : random.Next(vocabulary))];
        var expected = HeadReduction.Scores(kernel, hidden, new TargetTokens(targets, torch.CPU));
        var actual = HeadReduction.Scores(operators, wide, new TargetTokens(targets, torch.CPU));
        Assert.Equal(positions, actual.Length);
        foreach (var (e, a) in expected.Zip(actual))
        {
            Assert.Equal(float.IsNaN(e.LogProbability), float.IsNaN(a.LogProbability));
            Assert.False(Math.Abs(e.LogProbability - a.LogProbability) > 1e-4);
            Assert.Equal(e.Entropy, a.Entropy, 1e-4f);
            Assert.Equal(e.Deviation, a.Deviation, 1e-4f);
        }

        // Float32 may order tokens with nearly equal logits differently.
        Assert.InRange(expected.Zip(actual).Count(p => p.First.Rank != p.Second.Rank || p.First.Argmax != p.Second.Argmax), 0,
            positions / 1000);
        Assert.Equal(actual.Select(a => a.Argmax), HeadReduction.Argmax(operators, wide));

        // With k equal to the vocabulary size, the probabilities are the usual ones. With k = 3,
        // tokens outside the top three have probability 0.
        int[] known = [.. targets.Select(t => Math.Max(t, 0))];
        var all = HeadReduction.TopKLogProbabilities(kernel, hidden, new TargetTokens(known, torch.CPU), vocabulary);
        var three = HeadReduction.TopKLogProbabilities(kernel, hidden, new TargetTokens(known, torch.CPU), 3);
        foreach (var (i, score) in expected.Index().Where(p => targets[p.Index] >= 0))
        {
            Assert.False(Math.Abs(score.LogProbability - all[i]) > 1e-4);
            Assert.Equal(score.Rank >= 3, float.IsNegativeInfinity(three[i]));
        }
    }

    [Theory]
    [InlineData(torch.ScalarType.BFloat16, 2995)] // 1 GiB, the budget of all devices except GPUs, divided by 350 KiB.
    [InlineData(torch.ScalarType.Float32, 2048)] // 1 GiB divided by 604 KiB would be less than the minimum.
    public void Ambers_tokens_at_once_follow_from_the_memory(torch.ScalarType type, int expected)
    {
        using var scope = torch.NewDisposeScope();
        var amber = (LlamaConfig)ModelConfig.Read(Fixtures.Path("models", "llama-mha", "config.json")) with
        {
            HiddenSize = 4096,
            IntermediateSize = 11008,
            Layers = 32,
            Heads = 32,
            VocabularySize = 32000,
        };
        using var model =
            new LlamaModel(amber, new Dictionary<string, torch.Tensor> { [LlamaNames.Embedding] = torch.empty([1, 1], type) });
        Assert.Equal(expected, DeviceMemory.TokensAtOnce(model));
    }

    [Theory]
    [InlineData(12, 1000, 256, 200)] // 4.5 MiB per row: 227 fit. Five rounds of 200 are better than four of 227 and one of 92.
    [InlineData(12, 228, 256, 114)]
    [InlineData(12, 90, 256, 90)]
    [InlineData(1, 1000, 256, 250)]
    [InlineData(1, 1, 256, 1)]
    [InlineData(10000, 3, 256, 1)] // Not even one row fits.
    public void Rows_at_once_share_the_rows_out_evenly(int layers, int rows, int most, int expected)
    {
        using var scope = torch.NewDisposeScope();
        var config = new LlamaConfig(768, 2048, layers, 12, 12, 64, 32000, 2048, 1e-5, 10000, false);
        using var model = new LlamaModel(config, new Dictionary<string, torch.Tensor> { [LlamaNames.Embedding] = torch.empty(1, 1) });
        Assert.Equal(expected, DeviceMemory.Rows(model, capacity: 64, rows, most));
    }
}
