// The site of the sample notebooks, built once for all tests of a class.
using Llm360.Notebooks.Cli.Site;

namespace Llm360.Notebooks.EndToEnd;

/// <summary>A built site in a separate folder.</summary>
public sealed class SampleSite : IDisposable
{
    public SampleSite()
    {
        Folder = Directory.CreateTempSubdirectory("llm360-site-").FullName;
        SampleNotebooks.Write(Notebooks);
        File.WriteAllText(Path.Combine(Folder, "metrics.csv"), "step,loss\n1,8\n");
        File.WriteAllText(Path.Combine(Folder, "suite.json"), "{}");
        Run = new SiteRun("nano", 1_234_567, 12.6e6, TimeSpan.FromMinutes(14.2), "2 processors, 24 GB", new Dictionary<string, SiteNotebook>
        {
            ["01-training.ipynb"] = new(TimeSpan.FromSeconds(42), [Path.Combine(Folder, "metrics.csv")]),
        },
        new DateTimeOffset(2026, 1, 31, 12, 30, 0, TimeSpan.Zero),
        new SiteOrigin("A model for tests.", "Llm360.Notebooks 1.0, commit abc", [Path.Combine(Folder, "suite.json")],
            "Its files are here."));
        Result = SiteBuilder.Build(Notebooks, Site, Run);
    }

    public string Folder { get; }

    public SiteRun Run { get; }

    public SiteResult Result { get; }

    public string Notebooks => Path.Combine(Folder, "notebooks");

    public string Site => Path.Combine(Folder, "site");

    public string PathOf(params string[] parts) => Path.Combine([Site, .. parts]);

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
