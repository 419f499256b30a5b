// The result of building a site.
namespace Llm360.Notebooks.Cli.Site;

/// <summary>A built site.</summary>
/// <param name="Index">Path of its first page.</param>
/// <param name="Pages">One for each notebook, in the order of the index.</param>
/// <param name="Warnings">Problems for a reader: pages over two megabytes, notebooks with
/// errors.</param>
public sealed record SiteResult(string Index, IReadOnlyList<SitePage> Pages, IReadOnlyList<string> Warnings);

/// <summary>One page of a site.</summary>
/// <param name="Title">The notebook's question.</param>
/// <param name="Path">Path of the page.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Figures">Figures on it.</param>
public sealed record SitePage(string Title, string Path, long Bytes, int Figures);
