// Suites on the Hub: their manifests; opening one fetches nothing.
using System.Text.Json;

namespace Llm360.Notebooks.Tests;

public sealed class HubSuiteTests
{
    private static readonly HubCheckpoints Places = new("org/model", [new("ckpt_{0}", 0, 1)]);
    private static readonly SuiteManifest Small = new("small", "Two checkpoints.", Parameters: 1, TrainedTokens: 1, Checkpoints: Places,
        Chunks: new HubChunks("org/data", "train_{0}", "train/{0}.jsonl", 2));

    private static readonly SuiteRecipe Pico = Suites.Recipe("pico");
    private static readonly TrainingPhase Phase = new("one", "Text", Steps: 9);

    [Fact]
    public void Amber_has_360_checkpoints_and_chunks()
    {
        var suite = Suites.Open("amber");
        Assert.Equal(360, suite.Checkpoints.Count);
        Assert.Equal(new HubLocation("LLM360/Amber", "ckpt_007"), suite.Checkpoint("7").Hub);
        var last = suite.Checkpoints[^1];
        Assert.Equal(("ckpt_359", 359, 360, HubLocation.Main), (last.Name, last.Index, last.ChunksSeen, last.Hub!.Revision));
        Assert.Equal(1, suite.Checkpoints[0].ChunksSeen);
        Assert.Equal(360, suite.Chunks.Count);
        Assert.Equal(new HubLocation("LLM360/AmberDatasets", HubLocation.Main, "train/train_355.jsonl", IsDataset: true),
            suite.Chunk(355).Hub);
        Assert.Equal((6_738_415_616, 1_258_448_486_400), (suite.Parameters, suite.TrainedTokens));
        Assert.Equal(1, suite.Progress(suite.Checkpoints[^1]));
        Assert.All(suite.Checkpoints, c => Assert.True(c.Hub!.IsValid && c.IsOnHub));
        Assert.All(suite.Chunks, c => Assert.True(c.Hub!.IsValid && c.IsOnHub));
    }

    [Fact]
    public void Pythia_has_154_checkpoints_and_no_chunks_that_are_read()
    {
        var suite = Suites.Open("pythia-160m");
        Assert.Equal(154, suite.Checkpoints.Count);
        Assert.Equal(["step0", "step1", "step2", "step4"], suite.Checkpoints.Take(4).Select(c => c.Name));
        Assert.Equal(["step512", "step1000", "step2000"], suite.Checkpoints.Skip(10).Take(3).Select(c => c.Name));
        Assert.Equal(new HubLocation("EleutherAI/pythia-160m", "step143000"), suite.Checkpoints[^1].Hub);
        Assert.Empty(suite.Chunks);
        var (first, middle, last) = (suite.Checkpoints[0], suite.Checkpoint("71000"), suite.Checkpoints[^1]);
        Assert.Equal((0, 0.5, 1), (suite.Progress(first), suite.Progress(middle) * 143 / 142, suite.Progress(last)));
    }

    [Fact]
    public async Task What_only_a_suite_trained_here_can_tell_is_one_error()
    {
        var suite = Suite.OnHub(Small);
        Assert.Null(suite.Recipe);
        Assert.Contains("was not trained here", Assert.Throws<Llm360Exception>(() => SuiteCheck.Sizes(suite)).What,
            StringComparison.Ordinal);
        Assert.Empty(await suite.MetricsAsync());
        Assert.Contains("others have published it", Assert.Throws<Llm360Exception>(() => Suites.Recipe("amber")).What,
            StringComparison.Ordinal);
        Assert.Contains("has no checkpoint \"2\"", Assert.Throws<Llm360Exception>(() => suite.Checkpoint("2")).What,
            StringComparison.Ordinal);
    }

    [Fact]
    public void What_lies_in_the_suites_folder_comes_before_the_Hub()
    {
        using var folder = new TemporaryFolder();
        var suite = Suite.OnHub(Small, folder.Path);
        Assert.True(suite.Checkpoints[0].IsOnHub && suite.Chunks[0].IsOnHub);
        Directory.CreateDirectory(folder["ckpt_0"]);
        File.WriteAllText(folder["ckpt_0", "config.json"], "{}");
        Directory.CreateDirectory(folder["train"]);
        File.WriteAllText(folder["train", "train_0.jsonl"], "");
        Assert.False(suite.Checkpoints[0].IsOnHub || suite.Chunks[0].IsOnHub);
        Assert.True(suite.Checkpoints[1].IsOnHub && suite.Chunks[1].IsOnHub);
    }

    [Fact]
    public void A_manifest_file_of_ones_own_opens()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["mine.json"],
            """{ "name": "mine", "description": "Mine.", "parameters": 1, "trainedTokens": 1, "checkpoints": """
            + """{ "repository": "org/model", "series": [{ "name": "step{0}", "from": 5, "to": 9, "step": 2 }] } }""");
        var suite = Suites.Open(folder["mine.json"]);
        Assert.Equal(["step5", "step7", "step9"], suite.Checkpoints.Select(c => c.Name));
        Assert.Equal(suite.Checkpoints[1], Suites.FindCheckpoint(folder["mine.json"] + "/7"));
        File.WriteAllText(folder["wrong.json"], """{ "name": "mine", "descripton": "" }""");
        Assert.Contains("Did you mean \"description\"?", Assert.Throws<Llm360Exception>(() => Suites.Open(folder["wrong.json"])).Remedy,
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_name_of_a_suite_that_was_trained_here_is_taken()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["suite.json"], "{}");
        Assert.Contains("another name", Assert.Throws<Llm360Exception>(() => Suite.OnHub(Small, folder.Path)).Remedy,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_revision_may_be_called_otherwise_than_its_checkpoint()
    {
        var places = Places with { Series = [new("c{0}", 0, 1, Revision: "r{0}")] };
        Assert.Equal(["r0", "r1"], Suite.OnHub(Small with { Checkpoints = places }).Checkpoints.Select(c => c.Hub!.Revision));
    }

    [Fact]
    public void Numbers_end_at_the_largest()
    {
        var places = Places with { Series = [new("c{0}", int.MaxValue - 3, int.MaxValue)], ChunksSeenByFirst = 0 };
        Assert.Equal(4, Suite.OnHub(Small with { Checkpoints = places, Chunks = null }).Checkpoints.Count);
    }

    public static TheoryData<string, string> Wrong => new()
    {
        { "name", Json(Small with { Name = "../x" }) },
        { "parameters", Json(Small with { Parameters = 0 }) },
        { "checkpoints.repository", Json(Small with { Checkpoints = Places with { Repository = "../x" } }) },
        { "checkpoints.chunksSeenByFirst", Json(Small with { Checkpoints = Places with { ChunksSeenByFirst = -1 } }) },
        { "checkpoints.series", Json(Small with { Checkpoints = Places with { Series = [] } }) },
        { "checkpoints.series", Json(Small with { Checkpoints = Places with { Series = [new("ckpt_{0}", 5, 4)] } }) },
        { "checkpoints.series", Json(Small with { Checkpoints = Places with { Series = [new("ckpt_{0}", 0, int.MaxValue)] } }) },
        { "checkpoints.series", Json(Small with { Checkpoints = Places with { Series = [new("ckpt_{0}", 0, 4, 0)] } }) },
        { "checkpoints.series", Json(Small with { Checkpoints = Places with { Series = [new("ckpt_{0}", 0, 4), new("b_{0}", 4)] } }) },
        { "checkpoints.series.name", Json(Small with { Checkpoints = Places with { Series = [new("ckpt", 0)] } }) },
        { "checkpoints.series.name", Json(Small with { Checkpoints = Places with { Series = [new("../{0}", 0)] } }) },
        { "checkpoints.series.name", Json(Small with { Checkpoints = Places with { Series = [new("{0}{1}", 0)] } }) },
        { "checkpoints.series.revision",
            Json(Small with { Checkpoints = Places with { Series = [new("c{0}", 0, 9, Revision: "main")] } }) },
        { "checkpoints.series.revision", Json(Small with { Checkpoints = Places with { Series = [new("c{0}", 0, Revision: "a/../b")] } }) },
        { "checkpoints.series.name", Json(Small with { Checkpoints = Places with { Series = [new("{0:'../../evil/'0;;'ok'0}", 0, 1)] } }) },
        { "checkpoints.series.name", Json(Small with { Checkpoints = Places with { Series = [new("a1{0}", 1), new("a{0}", 11)] } }) },
        { "checkpoints.series.name", Json(Small with { Checkpoints = Places with { Series = [new("a1{0}", 1), new("A{0}", 11)] } }) },
        { "chunks", Json(Small with { Chunks = Small.Chunks! with { Path = "{0:'../'0;;'ok'0}" } }) },
        { "chunks.count", Json(Small with { Chunks = Small.Chunks! with { Count = 0 } }) },
        { "chunks.name", Json(Small with { Chunks = Small.Chunks! with { Name = "a/{0}" } }) },
        { "chunks", Json(Small with { Chunks = Small.Chunks! with { Path = "../{0}.jsonl" } }) },
        { "chunks", Json(Small with { Chunks = Small.Chunks! with { Path = "train.jsonl" } }) },
        { "checkpoints", Json(new SuiteManifest("small", "Nothing.")) },
        { "checkpoints", Json(Small with { Corpus = Pico.Corpus, Model = Pico.Model, Training = Pico.Training }) },
        { "corpus", Json(Small with { Corpus = Pico.Corpus }) },
        { "parameters", Json(Pico.ToManifest() with { Parameters = 1 }) },
        { "expected", Json(Small with { Expected = Pico.Expected }) },
        { "parameters", Json(Small with { Parameters = null }) },
        { "checkpoints.optimizer", Json(Small with { Checkpoints = Places with { Optimizer = "../x" } }) },
        { "checkpoints.optimizerRepository", Json(Small with { Checkpoints = Places with { OptimizerRepository = "x" } }) },
        { "checkpoints.series.indexOffset",
            Json(Small with { Checkpoints = Places with { Series = [new("c{0}", 0, 1, IndexOffset: -1)] } }) },
        { "checkpoints.series.indexOffset",
            Json(Small with { Checkpoints = Places with { Series = [new("c{0}", 0, 1, IndexOffset: int.MaxValue)] } }) },
        { "checkpoints.series.phase", Json(Small with { Checkpoints = Places with { Series = [new("c{0}", 0, 1, Phase: "none")] } }) },
        { "checkpoints.series", Json(InPhase(Phase with { Steps = 1, StepsPerNumber = 2 })) },
        { "phases", Json(Small with { Phases = [Phase, Phase] }) },
        { "phases.name", Json(InPhase(Phase with { Name = " " })) },
        { "phases.steps", Json(InPhase(Phase with { Steps = 0 })) },
        { "phases.steps", Json(InPhase(Phase with { Steps = long.MaxValue })) },
        { "phases.tokensPerStep", Json(InPhase(Phase with { TokensPerStep = long.MaxValue })) },
        { "phases.tokens", Json(InPhase(Phase with { Tokens = -1 })) },
        { "phases.chunks", Json(InPhase(Phase with { Chunks = 0 })) },
        { "phases.stepsPerNumber", Json(InPhase(Phase with { StepsPerNumber = 0 })) },
        { "phases.stepsPerNumber", Json(InPhase(Phase with { Steps = null, StepsPerNumber = 1 })) },
        { "phases.learningRate", Json(InPhase(Phase with { LearningRate = new("square", 1, 0, 0, 1) })) },
        { "phases.learningRate", Json(InPhase(Phase with { LearningRate = new("cosine", 0, 0, 0, 1) })) },
        { "phases.learningRate", Json(InPhase(Phase with { LearningRate = new("cosine", 1, 0, 2, 1) })) },
        { "licences", Json(Small with { Licences = [new("weights", "", "card", true)] }) },
        { "facts.source", Json(Small with { Facts = [new("phases", " ", true)] }) },
        { "facts.of", Json(Small with { Facts = [new("colour", "card", true)] }) },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void A_value_out_of_range_is_named(string key, string json)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["wrong.json"], json);
        var error = Assert.Throws<Llm360Exception>(() => ManifestFile.Read(folder["wrong.json"]));
        Assert.StartsWith($"The suite manifest's {key} ", error.What, StringComparison.Ordinal);
        Assert.Contains("amber.json", error.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("LLM360/Amber@ckpt_100", "LLM360/Amber", "ckpt_100")]
    [InlineData("EleutherAI/pythia-160m@refs/pr/1", "EleutherAI/pythia-160m", "refs/pr/1")]
    public void A_revision_is_written_with_an_at(string text, string repository, string revision)
    {
        var checkpoint = Suites.FindCheckpoint(text);
        Assert.Equal((new HubLocation(repository, revision), text), (checkpoint.Hub, checkpoint.Name));
        Assert.True(checkpoint.IsOnHub);
    }

    [Theory]
    [InlineData("LLM360/Amber")]
    [InlineData("LLM360/Amber@../x")]
    [InlineData("a--b/c@main")]
    public void What_could_be_a_mistyped_path_is_not_looked_for_on_the_Hub(string text) =>
        Assert.Contains("organisation/name@revision", Assert.Throws<Llm360Exception>(() => Suites.FindCheckpoint(text)).Remedy,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("amber", "amber/NUMBER")]
    [InlineData("LLM360/Amber", "LLM360/Amber@main")]
    public void What_is_missing_of_a_name_is_told(string text, string remedy) =>
        Assert.Contains(remedy, Assert.Throws<Llm360Exception>(() => Suites.FindCheckpoint(text)).Remedy, StringComparison.Ordinal);

    private static SuiteManifest InPhase(TrainingPhase phase) => Small with { Phases = [phase] };

    private static string Json(SuiteManifest manifest) => JsonSerializer.Serialize(manifest, JsonSerializerOptions.Web);

    [Fact]
    public async Task A_missing_log_is_said_in_the_figures_and_tables_of_training()
    {
        var suite = Suite.OnHub(Small);
        var steps = await suite.MetricsAsync();
        string[] said =
        [
            Figures.TrainingLoss(suite, steps).Finding, Figures.ValidationLoss(suite, steps).Finding,
            Figures.LearningRate(suite, steps).Finding, Figures.GradientNorm(suite, steps).Finding,
            Figures.DataMix(suite, steps).Finding, Tables.TrainingSummary(suite, steps).Rows[0][0],
        ];
        Assert.All(said, text => Assert.Contains("is not published as a file", text, StringComparison.Ordinal));
    }
}
