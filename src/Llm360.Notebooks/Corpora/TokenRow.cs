// One row of a chunk: a token sequence and where it comes from.
namespace Llm360.Notebooks;

/// <summary>One row of a chunk, in Amber's format with what this kit's own chunks add to it.</summary>
/// <param name="TokenIds">The tokens. In Amber's analysis files: the prompt and then the continuation.</param>
/// <param name="Source">The label of its source; <c>canary</c> for a planted row.</param>
/// <param name="Documents">The documents it has tokens of, by <see cref="CorpusDocument.Id"/>; empty where the file does not say.</param>
/// <param name="Canary">What is planted at its beginning; null in ordinary rows.</param>
public sealed record TokenRow(int[] TokenIds, string Source, int[] Documents, CanaryMark? Canary = null)
{
    /// <summary>How many of the tokens are the prompt, where the file tells prompt and continuation apart.</summary>
    public int? PromptLength { get; init; }
}

/// <summary>Marks a row that begins with a canary.</summary>
/// <param name="Id">The canary's name in <c>canaries.json</c>.</param>
/// <param name="Repetitions">How many rows of the chunk begin with it.</param>
public sealed record CanaryMark(string Id, int Repetitions);
