// One row of a chunk: a token sequence and its origin.
namespace Llm360.Notebooks;

/// <summary>
/// One row of a chunk, in Amber's format with the additional fields of this kit's own chunks.
/// </summary>
/// <param name="TokenIds">
/// The tokens. In Amber's analysis files, the prompt followed by the continuation.
/// </param>
/// <param name="Source">The label of its source; <c>canary</c> for a planted row.</param>
/// <param name="Documents">
/// The documents of its tokens, by <see cref="CorpusDocument.Id"/>; empty if the file does not name
/// them.
/// </param>
/// <param name="Canary">The canary at its beginning; null in ordinary rows.</param>
public sealed record TokenRow(int[] TokenIds, string Source, int[] Documents, CanaryMark? Canary = null)
{
    /// <summary>
    /// Number of tokens of the prompt, if the file separates prompt and continuation.
    /// </summary>
    public int? PromptLength { get; init; }
}

/// <summary>Marks a row that begins with a canary.</summary>
/// <param name="Id">The canary's name in <c>canaries.json</c>.</param>
/// <param name="Repetitions">Number of rows of the chunk that begin with it.</param>
public sealed record CanaryMark(string Id, int Repetitions);
