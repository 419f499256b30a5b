// The suite pico, trained once for all tests that need it and do not test its training.
namespace Llm360.Notebooks.EndToEnd;

/// <summary>Gives each command with a home of its own a copy of one trained pico.</summary>
internal static class TrainedPico
{
    private static readonly Lazy<Task<string>> Folder = new(TrainAsync);

    /// <summary>Copies the trained suite into a command's home. The copy may be changed.</summary>
    public static async Task AddPicoAsync(this Llm360Command llm360)
    {
        var from = await Folder.Value;
        var to = llm360.PathOf("suites", "pico");
        foreach (var folder in Directory.EnumerateDirectories(from, "*", SearchOption.AllDirectories).Prepend(from))
            Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, folder)));
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
            File.Copy(file, Path.Combine(to, Path.GetRelativePath(from, file)));
    }

    private static async Task<string> TrainAsync()
    {
        var llm360 = new Llm360Command();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => llm360.Dispose();
        var trained = await llm360.RunAsync("train", "pico", "-q");
        Assert.True(trained.ExitCode == 0, trained.Error);
        return llm360.PathOf("suites", "pico");
    }
}
