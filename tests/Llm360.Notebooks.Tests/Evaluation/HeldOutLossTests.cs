// Held-out loss equals that of a plain forward pass; sequences with near copies are detected.

namespace Llm360.Notebooks.Tests;

public sealed class HeldOutLossTests(PicoSuite pico)
{
    [Fact]
    public async Task The_loss_is_that_of_a_plain_forward_pass()
    {
        using var folder = new TemporaryFolder();
        var suite = SuiteCopy.Of(pico.Suite, folder["pico"]);
        var losses = await suite.HeldOutLossAsync([suite.Checkpoints[^1]], new GridOptions { Device = Device.Cpu });
        using var model = await suite.Checkpoints[^1].LoadAsync(Device.Cpu);
        var rows = ChunkReader.Read(suite.ValidationPath).ToList();
        Assert.Equal(rows.Count, losses.Rows.Count);
        foreach (var row in losses.Rows)
        {
            var ids = rows[row.Row].TokenIds;
            using var hidden = model.Forward(TorchSharp.torch.tensor([.. ids[..^1].Select(i => (long)i)]).unsqueeze(0));
            using var logits = model.Logits(hidden);
            using var expected =
                TorchSharp.torch.nn.functional.cross_entropy(logits[0], TorchSharp.torch.tensor([.. ids[1..].Select(i => (long)i)]));
            Assert.Equal(expected.item<float>(), row.Loss, 4);
        }

        Assert.Equal(rows.Count, losses.ToDataFrame().Rows.Count);
        Assert.Contains("Held-out loss at the end", Figures.HeldOutLoss(losses).Finding, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_is_copied_where_sixteen_in_a_row_stand_in_training()
    {
        var known = ChunkReader.Read(pico.Suite.Chunks[0].Path).First().TokenIds;
        int[] foreign = [.. Enumerable.Range(3, 40).Select(i => i % 2 == 0 ? 5 : i)];
        var copied = await HeldOutLossOfSuite.CopiedAsync(pico.Suite,
        [
            new TokenRow(known, "a", []),
            new TokenRow(foreign, "a", []),
            new TokenRow([.. known[..20], .. foreign[..20]], "a", []),
            new TokenRow([.. known[..15], .. foreign[..25]], "a", []),
        ], null);
        Assert.Equal([1, 0, 0.5, 0], copied);
    }
}
