// The folder of a site: files are complete or absent, and only files of the site are changed.
namespace Llm360.Notebooks.Cli.Site;

/// <summary>
/// Writes a site's files and lists them, so that the next build can remove files that it no longer
/// makes.
/// </summary>
internal sealed class SiteFolder(string folder)
{
    /// <summary>Lists the files of the last build, one relative path per line.</summary>
    private const string ListFile = "assets/files.txt";

    private readonly string root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
    private readonly SortedSet<string> written = new(StringComparer.Ordinal);

    public string PathOf(string relative) => Path.Combine(root, relative.Replace('/', Path.DirectorySeparatorChar));

    public void WriteText(string relative, string text)
    {
        AtomicFile.WriteText(PathOf(relative), text);
        written.Add(relative);
    }

    public void Copy(string source, string relative)
    {
        if (!File.Exists(source))
        {
            throw new Llm360Exception(
                "A data file to offer on the site is missing.", source, "Build the results again, or do not list the file.");
        }

        using var stream = File.OpenRead(source);
        AtomicFile.Write(PathOf(relative), stream.CopyTo);
        written.Add(relative);
    }

    /// <summary>Removes the files of the last build that this one did not write.</summary>
    public void RemoveStale()
    {
        var list = PathOf(ListFile);
        foreach (var relative in File.Exists(list) ? File.ReadAllLines(list) : [])
        {
            // A manipulated list must not reach outside the site.
            var path = PathOf(relative);
            var inside = Path.GetFullPath(path).StartsWith(root + Path.DirectorySeparatorChar, StringComparison.Ordinal);
            if (relative.Length > 0 && inside && !written.Contains(relative) && File.Exists(path))
                File.Delete(path);
        }

        AtomicFile.WriteText(list, string.Join('\n', written) + "\n");
    }
}
