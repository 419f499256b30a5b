// Evaluation files of all 360 checkpoints of a fake Amber: only small files are fetched.
using System.Globalization;
using System.Text;

namespace Llm360.Notebooks.Tests;

[Collection(nameof(HubEnvironment))]
public sealed class HubEvaluationTests : IAsyncLifetime
{
    private readonly HubEnvironment environment = new();
    private readonly TemporaryFolder folder = new();
    private readonly Suite suite;
    private ImitationHub hub = null!;

    public HubEvaluationTests() =>
        suite = Suite.OnHub(Notebooks.Suites.Open("amber").Manifest with { Name = $"amber-{Guid.NewGuid():N}" }, folder["suite"]);

    public async ValueTask InitializeAsync()
    {
        hub = await ImitationHub.StartAsync(TestContext.Current.CancellationToken);
        foreach (var checkpoint in suite.Checkpoints)
        {
            hub.Add(ImitationAmber.Models, checkpoint.Hub!.Revision, "pytorch_model-00001-of-00003.bin",
                HubContent.Endless(new byte[16], 9_880_000_000));
            if (checkpoint.Index != 3)
                hub.Add(ImitationAmber.Models, checkpoint.Hub.Revision, "eval_arc.json", HubContent.Small(Result(checkpoint.Index!.Value)));
        }

        environment["HF_ENDPOINT"] = hub.Endpoint.ToString();
        environment["HF_HOME"] = folder["home"];
    }

    public async ValueTask DisposeAsync()
    {
        await hub.DisposeAsync();
        environment.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task All_revisions_give_a_curve_and_no_weights_are_fetched()
    {
        var imported = await Notebooks.Imports.EvaluationsAsync(suite, cancellation: TestContext.Current.CancellationToken);
        var curve = imported.Find("arc_challenge acc_norm");
        Assert.Equal(Enumerable.Range(0, 360).Where(i => i != 3).Select(i => (double)i), curve.Positions);
        Assert.Equal(359 / 1000.0, curve.Values[^1]);
        Assert.InRange(hub.Sent, 1, 200_000);
        var asked = hub.Requests.Count;
        environment["HF_HUB_OFFLINE"] = "1";
        Assert.Equal(359,
            (await Notebooks.Imports.EvaluationsAsync(suite, cancellation: TestContext.Current.CancellationToken)).Curves[0].Values.Count);
        Assert.Equal(asked, hub.Requests.Count);
    }

    [Fact]
    public async Task More_than_may_be_fetched_is_refused_before_the_first_byte_and_a_checkpoint_without_is_told()
    {
        // A size above the default limit. Setting the variable would also limit tests that run in
        // parallel.
        hub.Add(ImitationAmber.Models, suite.Checkpoints[0].Hub!.Revision, "eval_mmlu.json",
            HubContent.Endless(new byte[16], 2_000_000_000));
        var few = suite.Checkpoints.Take(3).ToList();
        var error = await Assert.ThrowsAsync<Llm360Exception>(
            () => Notebooks.Imports.EvaluationsAsync(suite, few, TestContext.Current.CancellationToken));
        Assert.Contains("The evaluations of 3 checkpoints need", error.What, StringComparison.Ordinal);
        Assert.Equal(0, hub.Sent);
        var none = await Assert.ThrowsAsync<Llm360Exception>(
            () => Notebooks.Imports.EvaluationsAsync(suite, [suite.Checkpoints[3]], TestContext.Current.CancellationToken));
        Assert.Contains("has an evaluation beside it", none.What, StringComparison.Ordinal);
    }

    private static byte[] Result(int checkpoint) => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
        $$$"""
        {"results": {"arc_challenge": {"acc": 0.2, "acc_norm": {{{checkpoint / 1000.0}}}, "acc_norm_stderr": 0.01}},
         "versions": {"arc_challenge": 0}, "config": {"model": "hf-causal", "num_fewshot": 25}}
        """));
}
