// Models with changed weights, and rows, for tests of hooks.
using System.Text.Json;
using TorchSharp;

namespace Llm360.Notebooks.Tests;

internal static class HookedModel
{
    public static TheoryData<string> Families =>
        ["llama-mha", "llama-gqa", "llama-bias", "llama-tied", "neox", "neox-sequential", "crystal"];

    /// <summary>All sites with shape [batch, time, hidden], in the order of the pass.</summary>
    public static IEnumerable<HookSite> Stream(int blocks) =>
    [
        HookSite.Embedding,
        .. Enumerable.Range(0, blocks).SelectMany(Block),
        HookSite.FinalNorm,
    ];

    public static IEnumerable<HookSite> All(LanguageModel model) =>
        Stream(model.Config.Layers)
            .Concat(Enumerable.Range(0, model.Config.Layers).Select(HookSite.AttentionProbabilities))
            .Concat(model.LinearLayers.SelectMany(n => new[] { HookSite.LinearInput(n), HookSite.LinearOutput(n) }));

    public static LanguageModel Load(string name) => LanguageModel.Load(Fixtures.Path("models", name), null, torch.float32);

    /// <summary>A model with changed copies of the weights. The caller owns both.</summary>
    public static (LanguageModel Model, Dictionary<string, torch.Tensor> Weights) Over(
        string name, Func<string, torch.Tensor, torch.Tensor> change)
    {
        var folder = Fixtures.Path("models", name);
        var config = ModelConfig.Read(Path.Combine(folder, "config.json"));
        using var state = StateDict.Open(folder);
        var weights = config.Parameters().Select(p => p.Name).ToDictionary(
            n => n, n => change(n, state.View(n).to(torch.float32).clone()).DetachFromDisposeScope());
        return (ModelFamilies.Of(config).Create(config, weights, null), weights);
    }

    /// <summary>I64 [rows, time]</summary>
    public static torch.Tensor Rows(string name, int count)
    {
        var rows = Fixtures.Json("models", name, "rows.json")["rows"].Deserialize<int[][]>()![..count];
        return torch.tensor(rows.SelectMany(r => r).Select(t => (long)t).ToArray(), [count, rows[0].Length]);
    }

    /// <summary>The sum of the cross-entropies of a batch.</summary>
    public static torch.Tensor Loss(LanguageModel model, torch.Tensor ids, ForwardHooks? hooks)
    {
        var predictions = ids.shape[1] - 1;
        var logits = model.Logits(model.Forward(ids, hooks: hooks), hooks).narrow(1, 0, predictions);
        return torch.nn.functional.cross_entropy(
            logits.reshape(-1, logits.shape[2]), ids.narrow(1, 1, predictions).reshape(-1), reduction: torch.nn.Reduction.Sum);
    }

    public static void Near(torch.Tensor expected, torch.Tensor actual, double tolerance)
    {
        Assert.Equal(expected.shape, actual.shape);
        Assert.InRange((expected.to(torch.float64) - actual.to(torch.float64)).abs().max().item<double>(), 0, tolerance);
    }

    /// <summary>Compares tensors with a tolerance that is a share of the largest value.</summary>
    public static void NearInShare(torch.Tensor expected, torch.Tensor actual, double share) =>
        Near(expected, actual, share * Math.Max(expected.abs().max().to(torch.float64).item<double>(), 1e-6));

    private static HookSite[] Block(int i) =>
        [HookSite.BlockInput(i), HookSite.AttentionOutput(i), HookSite.AfterAttention(i), HookSite.MlpOutput(i), HookSite.AfterMlp(i)];
}
