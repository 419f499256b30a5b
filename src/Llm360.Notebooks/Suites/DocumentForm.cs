// The forms of documents in a recipe.
namespace Llm360.Notebooks;

/// <summary>The values of <see cref="CorpusSource.Documents"/>.</summary>
internal static class DocumentForm
{
    /// <summary>One document for each member of XML documentation.</summary>
    public const string Members = "members";

    /// <summary>
    /// One document for each type of XML documentation: the texts of its members in file order.
    /// </summary>
    public const string Types = "types";

    /// <summary>One document for each licence in a text file with licences.</summary>
    public const string Notices = "notices";

    /// <summary>Lists of a counted word, which the kit writes. They need no package.</summary>
    public const string Series = "series";

    /// <summary>All of them.</summary>
    public static readonly string[] All = [Members, Types, Notices, Series];
}
