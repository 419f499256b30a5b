// The origin of a report: version and commit of the kit, files of the suite, results of notebooks.
using System.Diagnostics;
using System.Reflection;
using Llm360.Notebooks.Cli.Site;
using Llm360.Notebooks.Cli.Terminal;

namespace Llm360.Notebooks.Cli.Commands;

/// <summary>Collects the files that a report offers beside its pages.</summary>
internal static class ReportOrigin
{
    public static SiteOrigin Of(Suite suite)
    {
        string[] files = [Path.Combine(suite.Folder, SuiteLayout.Manifest), Path.Combine(suite.Folder, SuiteLayout.Canaries)];
        return new SiteOrigin(
            suite.Description,
            Version(),
            [.. files.Where(File.Exists)],
            $"Checkpoints, training text and log are in suites/{suite.Name}/ of the kit's folder of artifacts.");
    }

    /// <summary>
    /// Writes the results of each opened store as one Parquet file:
    /// <c>memorization-6c2897f1be3e.parquet</c>. Stores whose cells are arrays without rows have no
    /// file.
    /// </summary>
    /// <param name="suite">Name of the suite.</param>
    /// <param name="stores">Folders of stores.</param>
    /// <param name="to">Folder of the files; made if missing.</param>
    /// <param name="screen">Shows warnings about results that cannot be written.</param>
    /// <param name="cancellation">Stops the work.</param>
    public static List<string> Results(
        string suite, IReadOnlyList<string> stores, string to, Screen screen, CancellationToken cancellation)
    {
        var files = new List<string>();
        foreach (var stored in StoreCatalog.Read(Workspace.ResultsFolder, suite).Where(s => stores.Contains(s.Folder)))
        {
            var file = Path.Combine(to, Path.GetFileName(stored.Folder) + ".parquet");
            try
            {
                if (!File.Exists(file) && !Write(stored, file, cancellation))
                    continue;
                files.Add(file);
            }
            catch (Llm360Exception e)
            {
                screen.Warn($"The report does not offer {stored.Name}: {e.Message}");
            }
        }

        return files;
    }

    private static bool Write(StoredAnalysis stored, string file, CancellationToken cancellation)
    {
        if (!new QuerySource(stored).HasRows)
            return false;
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        var view = QueryViews.Identifier(QueryViews.ViewOf(stored.Analysis));
        var sql = $"select * from {view} where setting = {QueryViews.Literal(stored.Setting)} order by all";
        using var query = ResultQuery.Run(sql, stored.Suite, cancellation: cancellation);
        query.WriteParquet(file);
        return true;
    }

    private static string Version()
    {
        var assembly = typeof(ReportOrigin).Assembly;
        var version = assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0];
        if (Workspace.Repository is not { } folder || Git(folder, "rev-parse", "--short=12", "HEAD") is not { Length: > 0 } commit)
            return $"Llm360.Notebooks {version}";
        var changed = Git(folder, "status", "--porcelain", "--untracked-files=no") is { Length: > 0 };
        return $"Llm360.Notebooks {version}, commit {commit}{(changed ? " with changes" : "")}";
    }

    /// <summary>The output of git; null if there is no git, or no repository.</summary>
    private static string? Git(string folder, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("git", ["-C", folder, .. arguments])
            {
                RedirectStandardOutput = true, RedirectStandardError = true,
            })!;
            process.ErrorDataReceived += (_, _) => { };
            process.BeginErrorReadLine();
            var output = process.StandardOutput.ReadToEnd().Trim();
            process.WaitForExit();
            return process.ExitCode == 0 ? output : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
