// Checks that the files of a suite that was trained here are those that training wrote.
namespace Llm360.Notebooks;

/// <summary>The result of comparing a suite's files with its list.</summary>
/// <param name="Suite">The suite's name.</param>
/// <param name="Folder">The suite's folder.</param>
/// <param name="HasList">Whether there is a list. Without one, only missing files are
/// found.</param>
/// <param name="Files">Number of compared files.</param>
/// <param name="Bytes">Their total length according to the list.</param>
/// <param name="Found">
/// Number of them that were recorded as found on disk, not when they were written.
/// </param>
/// <param name="Differences">
/// The differences, ordered by path. Files that training does not write are ignored.
/// </param>
/// <param name="Remedy">
/// What to do about the differences, and the cost; empty if there are none.
/// </param>
internal sealed record SuiteCheck(
    string Suite,
    string Folder,
    bool HasList,
    int Files,
    long Bytes,
    int Found,
    IReadOnlyList<FileDifference> Differences,
    string Remedy)
{
    private const int NamesInError = 5;

    /// <summary>Compares names and sizes. Only the list is read.</summary>
    /// <param name="suite">A suite that was trained here.</param>
    /// <exception cref="Llm360Exception">
    /// The suite was not trained here, or its list cannot be read.
    /// </exception>
    public static SuiteCheck Sizes(Suite suite)
    {
        ArgumentNullException.ThrowIfNull(suite);
        return FileComparison.Sizes(suite.RequireRecipe(), suite.Folder, _ => true);
    }

    /// <summary>Reads every file and compares its SHA-256.</summary>
    /// <param name="suite">A suite that was trained here.</param>
    /// <param name="checkpoint">
    /// Only the files of this checkpoint, <c>ckpt_012</c> or <c>12</c>; all files when null.
    /// </param>
    /// <param name="run">Progress, in megabytes, and cancellation within a megabyte.</param>
    /// <exception cref="Llm360Exception">
    /// The suite was not trained here, has no such checkpoint, or its list cannot be read.
    /// </exception>
    public static Task<SuiteCheck> ContentAsync(Suite suite, string? checkpoint = null, RunOptions? run = null)
    {
        ArgumentNullException.ThrowIfNull(suite);
        var (recipe, folder) = (suite.RequireRecipe(), suite.Folder);
        var (report, stop) = (run.Watcher(), run.StopToken());
        var prefix = checkpoint is null ? "" : $"{SuiteLayout.Checkpoint(ExpectedFiles.Number(recipe, folder, checkpoint))}/";
        return Task.Run(() => FileComparison.Content(recipe, folder, IsMeant, report, stop), stop);

        bool IsMeant(string path) => path.StartsWith(prefix, StringComparison.Ordinal);
    }

    /// <summary>
    /// Compares names and sizes of the checkpoints and chunks that an analysis is about to use.
    /// </summary>
    /// <remarks>
    /// Suites on the Hub and suites without a list are not checked. Optimizer states are not
    /// compared.
    /// </remarks>
    /// <exception cref="Llm360Exception">
    /// A file is missing or has a different size; the error names it.
    /// </exception>
    public static void Require(IReadOnlyList<Checkpoint> checkpoints, IReadOnlyList<Chunk> chunks)
    {
        ArgumentNullException.ThrowIfNull(checkpoints);
        ArgumentNullException.ThrowIfNull(chunks);
        var folders = checkpoints.Where(c => c.Hub is null).Select(c => Path.GetFullPath(c.Folder))
            .Select(path => (Suite: Path.GetDirectoryName(path), Name: Path.GetFileName(path)));
        var files = chunks.Where(c => c.Hub is null).Select(c => new FileInfo(c.Path))
            .Select(file => (Suite: file.Directory?.Parent?.FullName, Name: $"{SuiteLayout.Train}/{file.Name}"));
        foreach (var used in folders.Concat(files).GroupBy(u => u.Suite, u => u.Name))
            if (used.Key is { } suite)
                Require(suite, used.ToHashSet(StringComparer.Ordinal));
    }

    /// <summary>The differences as one error.</summary>
    public Llm360Exception ToError()
    {
        var named = string.Join(", ", Differences.Take(NamesInError));
        var rest = Differences.Count > NamesInError ? $", and {Differences.Count - NamesInError} more" : "";
        return new Llm360Exception($"The suite {Suite} is not whole: {named}{rest}.", Folder, Remedy);
    }

    private static void Require(string folder, HashSet<string> names)
    {
        var manifest = Path.Combine(folder, SuiteLayout.Manifest);
        if (!File.Exists(manifest) || SuiteFiles.Read(folder) is not { } list)
            return;
        var used = list.Files.Select(f => f.Path).Where(IsUsed).ToHashSet();
        var check = FileComparison.Sizes(ManifestFile.ReadRecipe(manifest), folder, used.Contains);
        if (check.Differences.Count > 0)
            throw check.ToError();

        bool IsUsed(string path) =>
            names.Contains(path) || (names.Contains(path.Split('/')[0]) && Path.GetFileName(path) != SuiteLayout.Optimizer);
    }
}
