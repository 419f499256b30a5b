// Compares the files in a suite's folder with the suite's list.
using System.Collections.Concurrent;

namespace Llm360.Notebooks;

/// <summary>Compares files with a list.</summary>
internal static class FileComparison
{
    // More readers would only cause seeks on a hard disk.
    private const int MaxReaders = 4;

    /// <summary>Compares names and sizes of the files that a condition selects.</summary>
    public static SuiteCheck Sizes(SuiteRecipe manifest, string folder, Func<string, bool> which) =>
        Run(manifest, folder, which, files => [.. files.Select(f => Compare(folder, f.Key, [.. f], hash: null)).OfType<FileDifference>()]);

    /// <summary>Compares the hashes of the files that a condition selects.</summary>
    public static SuiteCheck Content(
        SuiteRecipe manifest,
        string folder,
        Func<string, bool> which,
        IProgress<WorkProgress>? progress,
        CancellationToken cancellation) =>
        Run(manifest, folder, which, files =>
        {
            var total = files.Sum(f => f.Last().Size);
            var done = 0L;
            var differences = new ConcurrentBag<FileDifference>();
            var readers = Math.Min(MaxReaders, Environment.ProcessorCount);
            var options = new ParallelOptions { CancellationToken = cancellation, MaxDegreeOfParallelism = readers };
            Parallel.ForEach(files, options, file =>
            {
                if (Compare(folder, file.Key, [.. file], path => FileMeasure.Sha256(path, Report, cancellation)) is { } difference)
                    differences.Add(difference);

                void Report(int read) => progress?.Report(
                    new WorkProgress($"check {manifest.Name}", Interlocked.Add(ref done, read) / 1e6, total / 1e6, "MB", file.Key));
            });
            return [.. differences];
        });

    private static SuiteCheck Run(
        SuiteRecipe manifest,
        string folder,
        Func<string, bool> which,
        Func<List<IGrouping<string, SuiteFile>>, IReadOnlyList<FileDifference>> compare)
    {
        var list = SuiteFiles.Read(folder);
        var files = list?.Versions(folder).Where(f => which(f.Key)).ToList() ?? [];
        var names = files.Select(f => f.Key).ToHashSet();
        var unlisted = ExpectedFiles.Of(manifest, folder, list).Where(path => which(path) && !names.Contains(path))
            .Select(Unlisted).OfType<FileDifference>();
        var differences = WholeFolders(folder, compare(files).Concat(unlisted)).OrderBy(d => d.Path, StringComparer.Ordinal).ToList();
        var entries = files.Select(f => f.Last()).ToList();
        return new SuiteCheck(
            manifest.Name,
            folder,
            list is not null,
            entries.Count,
            entries.Sum(f => f.Size),
            entries.Count(f => f.Found == true),
            differences,
            SuiteRemedy.Of(manifest, folder, differences));

        FileDifference? Unlisted(string path) => FileMeasure.Size(Path.Combine(folder, path)) is null ? FileDifference.Missing(path)
            : list is null ? null : FileDifference.NotListed(path);
    }

    private static FileDifference? Compare(string folder, string path, List<SuiteFile> versions, Func<string, string>? hash)
    {
        try
        {
            var full = Path.Combine(folder, path);
            if (FileMeasure.Size(full) is not { } size)
                return FileDifference.Missing(path);
            var sameSize = versions.FindAll(v => v.Size == size);
            // A file of a different size is never opened: it may be a named pipe.
            if (sameSize.Count == 0)
                return FileDifference.OtherSize(path, size, versions[^1].Size);
            if (hash is null)
                return null;
            var content = hash(full);
            return sameSize.Exists(v => v.Sha256 == content) ? null : FileDifference.OtherContent(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return FileDifference.Unreadable(path, e);
        }
    }

    // A missing checkpoint counts as one difference instead of five.
    private static IEnumerable<FileDifference> WholeFolders(string folder, IEnumerable<FileDifference> differences)
    {
        return differences.GroupBy(d => d.Checkpoint is { } number && IsGone(number) ? number : -1)
            .SelectMany(group => group.Key < 0 ? group.AsEnumerable() : [FileDifference.Missing($"{SuiteLayout.Checkpoint(group.Key)}/")]);

        bool IsGone(int number) => !Directory.Exists(Path.Combine(folder, SuiteLayout.Checkpoint(number)));
    }
}
