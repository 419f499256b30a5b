// Stylesheet and scripts of the site, embedded in this assembly.
namespace Llm360.Notebooks.Cli.Site;

/// <summary>Reads embedded assets.</summary>
internal static class SiteAssets
{
    public static string Read(string name)
    {
        using var stream = typeof(SiteAssets).Assembly.GetManifestResourceStream("Site/" + name)
            ?? throw new InvalidOperationException($"The asset {name} is not embedded.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
