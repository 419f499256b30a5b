// A training killed between any two changes of its folder resumes to the same suite.

namespace Llm360.Notebooks.Tests;

public sealed class KillTests(PicoSuite pico)
{
    private static readonly SuiteRecipe Manifest = HalfTrainedPico.Manifest;

    [Fact]
    public async Task The_folder_as_a_kill_leaves_it_resumes_to_the_same_suite()
    {
        using var moments = new TemporaryFolder();
        using var folder = new TemporaryFolder();
        var names = new List<string>();
        await new SuiteTrainer(Manifest, folder.Path) { Changed = Keep }.TrainAsync(new(Cancellation: CancellationToken.None));
        Assert.Equal(5 * 6, names.Count);
        var expected = SuiteFolder.Trained(pico.Suite.Folder);
        var log = (await pico.Suite.MetricsAsync()).Select(m => (m.Step, m.Loss, m.ValidationLoss, m.MissingBefore)).ToList();
        // Resume after each change during the first, the second and the last checkpoint.
        foreach (var name in names.Where((_, i) => i / 6 is 0 or 1 or 4))
        {
            var killed = moments[name];
            var times = expected.Keys.Where(path => path.StartsWith("ckpt_", StringComparison.Ordinal))
                .Select(path => Path.Combine(killed, path)).Where(File.Exists).ToDictionary(file => file, File.GetLastWriteTimeUtc);
            // A kill damages no file.
            var check = await SuiteCheck.ContentAsync(Suite.OpenFolder(killed));
            Assert.DoesNotContain(check.Differences, d => d.State != FileState.NotListed);
            var trainer = new SuiteTrainer(Manifest, killed);
            var suite = await trainer.TrainAsync(new(Cancellation: CancellationToken.None));
            Assert.True(trainer.Warnings.Count == 0, $"{name}: {string.Join("; ", trainer.Warnings)}");
            var after = SuiteFolder.Trained(killed);
            Assert.Equal(expected, after);
            Assert.Equal(log, (await suite.MetricsAsync()).Select(m => (m.Step, m.Loss, m.ValidationLoss, m.MissingBefore)));
            Assert.Empty((await SuiteCheck.ContentAsync(suite)).Differences);
            Assert.Empty(Directory.EnumerateFileSystemEntries(killed, "*.tmp", SearchOption.AllDirectories));
            // A checkpoint that was complete before the kill is not written again.
            Assert.All(times, file => Assert.Equal(file.Value, File.GetLastWriteTimeUtc(file.Key)));
        }

        void Keep(string change)
        {
            names.Add($"{names.Count:00}-{change}");
            SuiteFolder.CopyTo(folder.Path, moments[names[^1]]);
        }
    }

    [Fact]
    public async Task A_checkpoint_that_a_kill_left_unlisted_is_kept_only_if_it_is_whole()
    {
        using var folder = new TemporaryFolder();
        using var killed = new TemporaryFolder();
        var places = 0;
        await new SuiteTrainer(Manifest, folder.Path) { Changed = Keep }.TrainAsync(new(Cancellation: CancellationToken.None));
        // A checkpoint damaged after the kill is neither used nor deleted.
        SuiteFolder.FlipBit(killed["ckpt_002", SuiteLayout.Weights]);
        var before = SuiteFolder.Contents(killed.Path);
        var trainer = new SuiteTrainer(Manifest, killed.Path);
        var error = await Assert.ThrowsAsync<Llm360Exception>(() => trainer.TrainAsync(new(Cancellation: CancellationToken.None)));
        Assert.Contains("ckpt_002", error.What, StringComparison.Ordinal);
        Assert.Equal(before, SuiteFolder.Contents(killed.Path));
        // After repair, training resumes from this checkpoint.
        SuiteFolder.FlipBit(killed["ckpt_002", SuiteLayout.Weights]);
        var steps = new List<double>();
        var watch = new Immediate(p => steps.AddRange(p.Unit == "steps" ? [p.Done] : []));
        await trainer.TrainAsync(new(Progress: watch, Cancellation: CancellationToken.None));
        Assert.Equal(9, steps[0]);

        void Keep(string change)
        {
            if (change == "placed" && places++ == 2)
                SuiteFolder.CopyTo(folder.Path, killed.Path);
        }
    }
}
