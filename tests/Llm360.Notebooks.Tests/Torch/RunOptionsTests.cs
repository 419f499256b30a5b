// The run-time options of long work: their names, defaults and effects.
using System.Text.Json;
using TorchSharp;

namespace Llm360.Notebooks.Tests;

public sealed class RunOptionsTests(PicoSuite pico)
{
    private Checkpoint Last => pico.Suite.Checkpoints[^1];

    [Fact]
    public void A_precision_has_the_names_of_the_command_line()
    {
        Assert.Equal(["auto", "fp32", "bf16", "fp16"], Precision.Names);
        Assert.Equal(Precision.Names, Precision.Names.Select(n => Precision.Parse(n).ToString()));
        Assert.Equal([Precision.Auto, Precision.Fp32, Precision.Bf16, Precision.Fp16], Precision.Names.Select(Precision.Parse));
        Assert.Equal(default, Precision.Auto);
        Assert.Contains("int8", Assert.Throws<Llm360Exception>(() => Precision.Parse("int8")).What, StringComparison.Ordinal);
        Assert.Equal("\"bf16\"", JsonSerializer.Serialize(Precision.Bf16));
        Assert.Equal(Precision.Auto, JsonSerializer.Deserialize<Precision>("\"auto\""));
    }

    // Existing stores have "precision": "auto".
    [Fact]
    public void Settings_with_the_precision_of_the_checkpoint_keep_their_store()
    {
        var all = SettingsIdentity.All(new MemorizationSettings(Precision: Precision.Fp16));
        Assert.Equal("fp16", (string?)all["precision"]);
        Assert.Equal("auto", (string?)SettingsIdentity.All(new MemorizationSettings())["precision"]);
        Assert.Equal(["precision"], SettingsIdentity.WithoutDefaults(all, typeof(MemorizationSettings)).Select(p => p.Key));
        var usual = SettingsIdentity.All(new MemorizationSettings());
        Assert.Empty(SettingsIdentity.WithoutDefaults(usual, typeof(MemorizationSettings)));
    }

    [Fact]
    public async Task A_checkpoint_is_loaded_in_the_precision_asked_for_and_stops_when_told()
    {
        using (var model = await Last.LoadAsync(new(Device.Cpu, Precision.Bf16)))
            Assert.Equal(torch.bfloat16, model.Type);
        using (var model = await Last.LoadAsync(Device.Cpu))
            Assert.Equal(torch.float32, model.Type);
        var stopped = new RunOptions(Device.Cpu, Cancellation: new CancellationToken(canceled: true));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Last.LoadAsync(stopped));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in pico.Suite.Checkpoints.SweepAsync(stopped))
                Assert.Fail("A model was loaded.");
        });
    }

    [Fact]
    public async Task Progress_goes_to_the_options_and_else_to_the_cell()
    {
        using var model = await Last.LoadAsync(Device.Cpu);
        var (own, ambient) = (new List<string>(), new List<string>());
        using var cell = AmbientWork.Begin(new Immediate(p => ambient.Add(p.Task)), CancellationToken.None);
        var options = new GenerationOptions { MaxNewTokens = 1 };
        var run = new RunOptions(Progress: new Immediate(p => own.Add(p.Task)));
        model.Score([[1, 2, 3]], run: run);
        model.Generate([[1, 2, 3]], options, run: run);
        Assert.Equal(["score", "generate"], own);
        Assert.Empty(ambient);
        model.Score([[1, 2, 3]]);
        model.Generate([[1, 2, 3]], options);
        Assert.Equal(["score", "generate"], ambient);
        var stopped = new RunOptions(Cancellation: new CancellationToken(canceled: true));
        Assert.ThrowsAny<OperationCanceledException>(() => model.Score([[1, 2, 3]], run: stopped));
        Assert.ThrowsAny<OperationCanceledException>(() => model.Generate([[1, 2, 3]], options, run: stopped));
        Assert.ThrowsAny<OperationCanceledException>(() => model.Perplexity([1, 2, 3], 2, 1, stopped));
        Assert.ThrowsAny<OperationCanceledException>(() => model.RowGradients([[1, 2, 3]], run: stopped).Count());
    }

    [Fact]
    public async Task Another_precision_than_that_of_the_settings_is_refused()
    {
        var analysis = pico.Suite.Memorization(new(8, 8, 2, Precision: Precision.Bf16));
        var options = new GridOptions { Device = Device.Cpu, Precision = Precision.Fp16 };
        var error = await Assert.ThrowsAsync<Llm360Exception>(() => analysis.ScoreAsync([Last], options: options));
        Assert.Contains("fp16", error.What, StringComparison.Ordinal);
        Assert.Contains("MemorizationSettings", error.Remedy, StringComparison.Ordinal);
    }
}
