// One document of a corpus.
namespace Llm360.Notebooks;

/// <summary>One document: the documentation text of one member.</summary>
/// <param name="Id">Its number over all sources, in extraction order from 0; rows name documents by it. Deduplication leaves gaps, it does not renumber.</param>
/// <param name="Source">The source's label.</param>
/// <param name="Package">The NuGet package it comes from.</param>
/// <param name="Member">The member's identifier, such as <c>M:System.Array.IndexOf(System.Array,System.Object)</c>.</param>
/// <param name="Text">Its text, white space folded.</param>
public sealed record CorpusDocument(int Id, string Source, string Package, string Member, string Text);
