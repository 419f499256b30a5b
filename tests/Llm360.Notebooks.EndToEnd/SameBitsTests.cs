// A suite has the same bits with and without 512-bit vectors, for any number of threads.

namespace Llm360.Notebooks.EndToEnd;

public sealed class SameBitsTests
{
    // If the processor has no AVX-512, both runs differ only in their number of threads.
    [Fact]
    public async Task A_suite_is_the_same_without_AVX_512_and_with_another_number_of_threads()
    {
        using Llm360Command wide = new(), narrow = new();
        narrow.Variables["DOTNET_EnableAVX512"] = "0";
        var results = await Task.WhenAll(wide.RunAsync("train", "pico", "-q"), narrow.RunAsync("train", "pico", "-q", "--threads", "3"));
        Assert.All(results, r => Assert.True(r.ExitCode == 0, r.Error));
        Suite expected = Suite.OpenFolder(wide.PathOf("suites", "pico")), actual = Suite.OpenFolder(narrow.PathOf("suites", "pico"));
        string[] files = [.. Directory.EnumerateFiles(expected.Folder, "*.safetensors", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(expected.Folder, f)).Order()];
        Assert.Equal(7, files.Length); // 5 of weights, 2 of optimizer states
        foreach (var file in files)
        {
            var bytes = File.ReadAllBytes(Path.Combine(expected.Folder, file));
            Assert.True(bytes.AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(actual.Folder, file))), $"{file} differs");
        }

        Assert.Equal((await expected.MetricsAsync()).Select(Numbers), (await actual.MetricsAsync()).Select(Numbers));

        static (long Step, double Loss, double Norm, double? Validation) Numbers(TrainingStep m) =>
            (m.Step, m.Loss, m.GradientNorm, m.ValidationLoss);
    }
}
