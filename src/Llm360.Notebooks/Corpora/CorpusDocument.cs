// One document of a corpus.
namespace Llm360.Notebooks;

/// <summary>
/// One document: the documentation of a member or of a type, a licence, or a series
/// (<see cref="CorpusSource.Documents"/>).
/// </summary>
/// <param name="Id">
/// Its number over all sources, in extraction order from 0. Rows refer to documents by it.
/// Deduplication leaves gaps and does not renumber.
/// </param>
/// <param name="Source">The source's label.</param>
/// <param name="Package">The NuGet package it comes from; empty for a series.</param>
/// <param name="Name">
/// Its name in the file: the identifier of the member or type, such as <c>T:System.Array</c>, or
/// the number of the licence or series.
/// </param>
/// <param name="Text">Its text, with white space folded.</param>
internal sealed record CorpusDocument(int Id, string Source, string Package, string Name, string Text);
