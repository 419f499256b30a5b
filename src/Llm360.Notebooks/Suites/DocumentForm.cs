// The forms of documents that a recipe can ask for.
namespace Llm360.Notebooks;

/// <summary>The values of <see cref="CorpusSource.Documents"/>.</summary>
internal static class DocumentForm
{
    /// <summary>One document a member of XML documentation.</summary>
    public const string Members = "members";

    /// <summary>One document a type of XML documentation: the texts of its members in file
    /// order.</summary>
    public const string Types = "types";

    /// <summary>One document a licence of a text file with licences.</summary>
    public const string Notices = "notices";

    /// <summary>All of them.</summary>
    public static readonly string[] All = [Members, Types, Notices];
}
