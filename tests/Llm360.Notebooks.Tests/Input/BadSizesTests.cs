// Values that are too large or of the wrong type give one error that names the key.
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.Tests;

public sealed class BadSizesTests(PicoSuite pico) : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("model.layers", "100000", "model.layers")]
    [InlineData("model.layers", "2147483647", "model.layers")]
    [InlineData("model.layers", "1e99999", "$.model.layers is not a whole number in range")]
    [InlineData("model.layers", "\"2\"", "$.model.layers is not a whole number")]
    [InlineData("model", "3", "$.model is not an object")]
    [InlineData("description", "3", "$.description is not a text")]
    [InlineData("model.hiddenSize", "1000000000", "parameters needs at least")]
    [InlineData("model.hiddenSize", "2147483647", "model.hiddenSize")]
    [InlineData("model.intermediateSize", "1000000000", "parameters needs at least")]
    [InlineData("model.intermediateSize", "2147483647", "parameters needs at least")]
    [InlineData("model.heads", "1000000000", "model.hiddenSize")]
    [InlineData("model.heads", "1073741824", "model.hiddenSize")]
    [InlineData("model.heads", "2147483647", "model.hiddenSize")]
    [InlineData("model.normEps", "1e99999", "normEps")]
    [InlineData("model.ropeTheta", "1e99999", "ropeTheta")]
    [InlineData("model.initializerRange", "1e99999", "initializerRange")]
    [InlineData("training.peakLearningRate", "1e99999", "peakLearningRate")]
    [InlineData("training.weightDecay", "1e99999", "weightDecay")]
    [InlineData("training.clipNorm", "1e99999", "clipNorm")]
    [InlineData("training.optimizerStates", "[0, 2147483647]", "training.optimizerStates")]
    [InlineData("training.optimizerStates", "null", "$.training.optimizerStates is null")]
    [InlineData("corpus.sequenceLength", "1000000000", "corpus.sequenceLength")]
    [InlineData("corpus.sequenceLength", "2147483647", "corpus.sequenceLength")]
    [InlineData("corpus.sequencesPerChunk", "500000000", "A corpus of 2,000,000,016 sequences")]
    [InlineData("corpus.sequencesPerChunk", "1000000000", "corpus.sequencesPerChunk")]
    [InlineData("corpus.sequencesPerChunk", "2147483640", "corpus.sequencesPerChunk")]
    [InlineData("corpus.validationSequences", "1000000000", "sequences of 65 tokens needs at least")]
    [InlineData("corpus.validationSequences", "2147483647", "sequences of 65 tokens needs at least")]
    [InlineData("corpus.tokenizer.vocabularySize", "-1", "corpus.tokenizer.vocabularySize")]
    [InlineData("corpus.tokenizer.vocabularySize", "2147483647", "parameters needs at least")]
    [InlineData("corpus.canaries.repetitions", "[2147483647, 2147483647]", "corpus.canaries.repetitions")]
    [InlineData("corpus.canaries.repetitions", "null", "$.corpus.canaries.repetitions is null")]
    [InlineData("corpus.canaries.controls", "2147483647", "corpus.canaries.controls")]
    [InlineData("corpus.canaries.frequentLeftOut", "1", "corpus.canaries.frequentLeftOut")]
    [InlineData("corpus.canaries.frequentLeftOut", "-0.1", "corpus.canaries.frequentLeftOut")]
    [InlineData("corpus.canaries.frequentLeftOut", "0.99", "different tokens, and there are")]
    [InlineData("corpus.sources[0].share", "1e308", "corpus.sources")]
    [InlineData("corpus.sources[0].share", "1e99999", "corpus.sources")]
    [InlineData("corpus.sources", "null", "$.corpus.sources is null")]
    [InlineData("corpus.sources", "[null]", "$.corpus.sources[0] is null")]
    [InlineData("corpus.sources[0].packages", "null", "$.corpus.sources[0].packages is null")]
    [InlineData("corpus.sources[0].packages", "[null]", "$.corpus.sources[0].packages[0] is null")]
    [InlineData("corpus.sources[0].packages[0].files", "null", "$.corpus.sources[0].packages[0].files is null")]
    [InlineData("corpus.sources[0].packages[0].files", "[null]", "$.corpus.sources[0].packages[0].files[0] is null")]
    [InlineData("corpus.sources[0].packages[0].files", "5", "$.corpus.sources[0].packages[0].files is not a list")]
    public async Task A_recipe_that_asks_for_too_much_is_refused(string key, string value, string says)
    {
        var json = Manifest("suites", "pico.json");
        json.AsObject().Remove("expected");
        var error = await Refusal.OfAsync(() => TrainAsync(Changed(json, key, value)));
        Assert.Contains(says, $"{error.What} {error.Where}", StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["suite", SuiteLayout.Checkpoint(0)]));
    }

    [Theory]
    [InlineData("num_hidden_layers", "100000", "asks for 100,000 layers")]
    [InlineData("num_hidden_layers", "2147483647", "asks for 2,147,483,647 layers")]
    [InlineData("num_hidden_layers", "1e99999", "num_hidden_layers")]
    [InlineData("hidden_size", "1000000000", "do not fit config.json")]
    [InlineData("intermediate_size", "2147483647", "do not fit config.json")]
    [InlineData("vocab_size", "2147483647", "do not fit config.json")]
    [InlineData("head_dim", "1000000000", "do not fit config.json")]
    [InlineData("head_dim", "1073741824", "do not fit config.json")]
    [InlineData("num_attention_heads", "1000000000", "head_dim")]
    [InlineData("num_key_value_heads", "1000000000", "num_key_value_heads")]
    [InlineData("rope_theta", "1e99999", "rope_theta")]
    [InlineData("rms_norm_eps", "1e99999", "rms_norm_eps")]
    [InlineData("rope_scaling", """{"rope_type": 3, "factor": 2}""", "rope_scaling")]
    [InlineData("rope_scaling", """{"type": ["linear"], "factor": 2}""", "rope_scaling")]
    [InlineData("rope_scaling", """{"type": {}, "factor": 2}""", "rope_scaling")]
    [InlineData("rope_scaling", """{"type": "dynamic", "factor": 2, "original_max_position_embeddings": 1e99999}""", "rope_scaling")]
    [InlineData("model_type", "3", "model_type")]
    [InlineData("model_type", "null", "model_type")]
    public async Task A_configuration_that_the_weights_do_not_have_is_refused(string key, string value, string says)
    {
        var error = await Refusal.OfAsync(() => LanguageModel.Load(Model(key, value)).Dispose());
        Assert.Contains(says, error.What, StringComparison.Ordinal);
        Assert.StartsWith(folder.Path, error.Where, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_text_of_megabytes_is_not_repeated_in_the_error()
    {
        var folder = Model("hidden_act", $"\"{new string('x', 3_000_000)}\"");
        Assert.InRange((await Refusal.OfAsync(() => LanguageModel.Load(folder).Dispose())).Message.Length, 1, 1000);
    }

    [Theory]
    [InlineData("n_inner")]
    [InlineData("n_embd")]
    public async Task A_configuration_of_another_family_is_refused_too(string key)
    {
        File.Copy(Fixtures.Path("models", "crystal", SuiteLayout.Weights), folder[SuiteLayout.Weights]);
        var json = Fixtures.Json("models", "crystal", "config.json");
        json.AsObject().Remove("n_inner");
        json[key] = 2_000_000_000;
        await File.WriteAllTextAsync(folder["config.json"], json.ToJsonString(), TestContext.Current.CancellationToken);
        await Refusal.OfAsync(() => LanguageModel.Load(folder.Path).Dispose());
    }

    [Theory]
    [InlineData("2147483647")]
    [InlineData("2000000000")]
    public async Task Positions_that_no_memory_holds_are_refused_when_they_are_asked_for(string positions)
    {
        using var model = LanguageModel.Load(Model("max_position_embeddings", positions));
        Assert.Equal(4, Generate(4).Count);
        var error = await Refusal.OfAsync(() => Generate(1_999_999_998));
        Assert.Contains("2,000,000,000 tokens needs at least", error.What, StringComparison.Ordinal);

        IReadOnlyList<int> Generate(int tokens) => model.Generate([[1, 2]], new GenerationOptions { MaxNewTokens = tokens })[0];
    }

    [Fact]
    public async Task Options_that_ask_for_too_much_are_refused()
    {
        using var model = LanguageModel.Load(pico.Suite.Checkpoints[^1].Folder);
        var row = new Notebooks.TokenRow([.. Enumerable.Range(3, 65)], "", []);
        await Refusal.OfAsync(() => Notebooks.MemorizationScorer.Score(model, [row], new(int.MaxValue, int.MaxValue)));
        await Refusal.OfAsync(() => Notebooks.MemorizationScorer.FirstMismatches(model, [row], 32, int.MaxValue));
        await Refusal.OfAsync(() => model.Perplexity(row.TokenIds, int.MaxValue, int.MaxValue));
        await Refusal.OfAsync(() => model.Perplexity(row.TokenIds, 32, int.MaxValue));
        await Refusal.OfAsync(() => model.Generate([row.TokenIds], new GenerationOptions { MaxNewTokens = int.MaxValue }));
        // A TopK above the vocabulary size means all tokens.
        var all = new GenerationOptions { MaxNewTokens = 1, Temperature = 1, TopK = int.MaxValue };
        Assert.Single(model.Generate([[3]], all)[0]);
        Assert.Equal(32, Notebooks.ChunkReader.Read(pico.Suite.Chunks[0], int.MaxValue).Count());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100_000)]
    [InlineData(int.MaxValue)]
    public async Task Threads_are_limited(int threads)
    {
        var before = LibTorch.Threads;
        Assert.Contains("threads", (await Refusal.OfAsync(() => LibTorch.Threads = threads)).What, StringComparison.Ordinal);
        Assert.Equal(before, LibTorch.Threads);
    }

    [Theory]
    [InlineData("checkpoints.series[0].name", "\"step{0:D999999999}\"", "checkpoints.series.name")]
    [InlineData("checkpoints.series[0].name", "\"step{0,1000000000}\"", "checkpoints.series.name")]
    [InlineData("checkpoints.series[0].name", "\"step{0:F999999999}\"", "checkpoints.series.name")]
    [InlineData("checkpoints.series[0].name", "\"step{0:000000000000000000000}\"", "checkpoints.series.name")]
    [InlineData("checkpoints.series[0].name", "\"step{0\"", "checkpoints.series.name")]
    [InlineData("checkpoints.series[0].name", "null", "$.checkpoints.series[0].name is null")]
    [InlineData("checkpoints.series[0].revision", "\"{0:D999999999}\"", "checkpoints.series.revision")]
    [InlineData("checkpoints.series[0].revision", "\"x{0\"", "checkpoints.series.revision")]
    [InlineData("checkpoints.series[0].to", "2147483647", "checkpoints.series")]
    [InlineData("checkpoints.series", "null", "$.checkpoints.series is null")]
    [InlineData("checkpoints.series", "[null]", "$.checkpoints.series[0] is null")]
    [InlineData("checkpoints.chunksSeenByFirst", "2147483647", "checkpoints.chunksSeenByFirst")]
    [InlineData("parameters", "1e99999", "$.parameters is not a whole number in range")]
    [InlineData("chunks", """{"repository": "a/b", "name": "c{0}", "path": "x{0:D999999999}", "count": 3}""", "chunks")]
    [InlineData("chunks", """{"repository": "a/b", "name": "c{0,-1000000000}", "path": "x{0}", "count": 3}""", "chunks.name")]
    [InlineData("chunks", """{"repository": "a/b", "name": "c{0}", "path": "x{0}", "count": 2147483647}""", "chunks.count")]
    [InlineData("chunks", """{"repository": "a/b", "name": null, "path": "x{0}", "count": 3}""", "$.chunks.name is null")]
    [InlineData("phases[0].steps", "1e99999", "$.phases[0].steps is not a whole number in range")]
    [InlineData("phases[0].tokensPerStep", "9223372036854775807", "phases.tokensPerStep")]
    [InlineData("phases[0].learningRate.peak", "1e99999", "phases.learningRate")]
    [InlineData("phases", "[null]", "$.phases[0] is null")]
    [InlineData("facts[0].source", "null", "$.facts[0].source is null")]
    public async Task A_manifest_of_the_Hub_that_asks_for_too_much_is_refused(string key, string value, string says)
    {
        var path = Changed(Manifest("suites", "pythia-160m.json"), key, value);
        var error = await Refusal.OfAsync(() => ManifestFile.Read(path));
        Assert.Contains(says, error.What, StringComparison.Ordinal);
        Assert.StartsWith(path, error.Where, StringComparison.Ordinal);
    }

    private static JsonNode Manifest(string kind, string name) => JsonNode.Parse(File.ReadAllText(Fixtures.Manifest(kind, name)))!;

    private Task TrainAsync(string recipe) =>
        new SuiteTrainer(ManifestFile.ReadRecipe(recipe), folder["suite"]).TrainAsync(
            new(Cancellation: TestContext.Current.CancellationToken));

    private string Model(string key, string value)
    {
        File.Copy(Fixtures.Path("models", "llama-mha", SuiteLayout.Weights), folder[SuiteLayout.Weights]);
        Changed(Fixtures.Json("models", "llama-mha", "config.json"), key, value, "config.json");
        return folder.Path;
    }

    /// <summary>Writes a document with one value replaced by JSON text. Only text can hold
    /// 1e99999.</summary>
    private string Changed(JsonNode json, string key, string value, string name = "changed.json")
    {
        const string mark = "place of the value";
        var keys = key.Replace("[", ".[", StringComparison.Ordinal).Split('.');
        var parent = keys[..^1].Aggregate(json, (node, k) => k[0] == '[' ? node[k[1] - '0']! : node[k]!);
        parent[keys[^1]] = mark;
        File.WriteAllText(folder[name], json.ToJsonString().Replace($"\"{mark}\"", value, StringComparison.Ordinal));
        return folder[name];
    }
}
