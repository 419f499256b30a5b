// Building writes complete, identical files, can be resumed, and never relabels a trained suite.

namespace Llm360.Notebooks.Tests;

public sealed class CorpusBuilderTests : IDisposable
{
    private readonly FakePackages _fake = new();
    private readonly SuiteRecipe _manifest;

    public CorpusBuilderTests() =>
        _manifest = FakePackages.Manifest(new CorpusSource("apples", 1, [_fake.Add("Apples", FakePackages.Texts("apple", 400))]));

    private string Folder => _fake.Folder["suite"];

    public void Dispose() => _fake.Dispose();

    private CorpusCounts Build(SuiteRecipe manifest, string? folder = null, IProgress<WorkProgress>? progress = null,
        CancellationToken cancellation = default) =>
        CorpusBuilder.Build(manifest, folder ?? Folder, _fake.Roots, new(Progress: progress, Cancellation: cancellation));

    private static Dictionary<string, string> Contents(string folder) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .ToDictionary(f => Path.GetRelativePath(folder, f), File.ReadAllText);

    [Fact]
    public void The_folder_is_a_suite_with_its_counts()
    {
        var counts = Build(_manifest);
        var suite = Suite.OpenFolder(Folder);
        Assert.Equal((4, 64, 64L * 33), (suite.Chunks.Count, counts.Sequences, counts.Tokens));
        Assert.Equal(counts.Sha256, suite.Manifest!.Expected!.Sha256);
        Assert.Equal(10, ChunkReader.Read(suite.ValidationPath).Count());
        var canaries = Canary.ReadAll(Path.Combine(Folder, SuiteLayout.Canaries));
        var planted = ChunkReader.Read(suite.Chunks[3].Path).Where(r => r.Canary is not null).ToList();
        Assert.Equal(5, planted.Count);
        Assert.All(planted, row => Assert.Equal(canaries.Single(c => c.Id == row.Canary!.Id).TokenIds, row.TokenIds.Take(12)));
    }

    [Fact]
    public void A_build_stopped_anywhere_is_run_again_to_the_same_bytes()
    {
        Build(_manifest, _fake.Folder["whole"]);
        for (var stop = 1; stop <= 9; stop++) // 2 reports of extraction, 2 of tokenization, 6 files
        {
            using var source = new CancellationTokenSource();
            var reports = 0;
            var progress = new Immediate(_ =>
            {
                if (++reports == stop)
                    source.Cancel();
            });
            Assert.ThrowsAny<OperationCanceledException>(() => Build(_manifest, progress: progress, cancellation: source.Token));
            Assert.False(File.Exists(Path.Combine(Folder, SuiteLayout.Manifest)));
            Build(_manifest);
            Assert.Equal(Contents(_fake.Folder["whole"]), Contents(Folder));
            Directory.Delete(Folder, recursive: true);
        }
    }

    [Fact]
    public void A_finished_build_is_left_alone_and_a_damaged_one_mended()
    {
        Build(_manifest);
        var chunk = Path.Combine(Folder, SuiteLayout.Chunk(2));
        var written = File.GetLastWriteTimeUtc(chunk);
        var before = Contents(Folder);
        Build(_manifest);
        Assert.Equal(written, File.GetLastWriteTimeUtc(chunk));
        File.AppendAllText(chunk, "x");
        Build(_manifest);
        Assert.Equal(before, Contents(Folder));
    }

    [Fact]
    public void Chunks_of_a_longer_recipe_do_not_stay_behind()
    {
        Build(_manifest);
        Build(_manifest with
        {
            Weights = null,
            Corpus = _manifest.Corpus with { Chunks = 2, Canaries = null },
            Training = _manifest.Training with { OptimizerStates = [0] },
        });
        Assert.Equal(2, Suite.OpenFolder(Folder).Chunks.Count);
    }

    [Fact]
    public void Checkpoints_of_another_recipe_are_not_relabelled()
    {
        Build(_manifest);
        Directory.CreateDirectory(Path.Combine(Folder, SuiteLayout.Checkpoint(0)));
        File.Delete(Path.Combine(Folder, SuiteLayout.Canaries)); // rebuilt, even if checkpoints exist
        Build(_manifest with { Description = "Told otherwise." });
        var error = Assert.Throws<Llm360Exception>(() => Build(_manifest with { Training = _manifest.Training with { Seed = 99 } }));
        Assert.Contains("checkpoints", error.What, StringComparison.Ordinal);
        Assert.Equal(_manifest.Training.Seed, Suite.OpenFolder(Folder).Recipe!.Training.Seed);
    }

    [Fact]
    public void A_source_that_is_too_small_is_an_error_that_says_what_to_do()
    {
        var corpus = _manifest.Corpus with { SequencesPerChunk = 1000, Canaries = null };
        var error = Assert.Throws<Llm360Exception>(() => Build(_manifest with { Corpus = corpus }));
        Assert.Contains("The source \"apples\" has text for", error.What, StringComparison.Ordinal);
        Assert.Contains("add packages", error.Remedy, StringComparison.Ordinal);

        var series = corpus with { Sources = [new CorpusSource("series", 1, [], DocumentForm.Series)] };
        error = Assert.Throws<Llm360Exception>(() => Build(_manifest with { Corpus = series }));
        Assert.Contains("The source \"series\" has text for", error.What, StringComparison.Ordinal);
        Assert.DoesNotContain("packages", error.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Counts_that_differ_from_the_expected_ones_are_an_error_that_says_which()
    {
        var counts = Build(_manifest);
        var wrong = counts with { Sources = [counts.Sources[0] with { Documents = 7 }], Sha256 = new string('0', 64) };
        var error = Assert.Throws<Llm360Exception>(() => Build(_manifest with { Expected = wrong }, _fake.Folder["other"]));
        Assert.Contains("7 documents", error.What, StringComparison.Ordinal);
        Assert.Contains(counts.Sha256, error.What, StringComparison.Ordinal);
        Assert.False(File.Exists(_fake.Folder["other", SuiteLayout.Manifest]));
    }
}
