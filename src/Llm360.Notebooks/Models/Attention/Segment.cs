// A part of a row that one pass computes.
namespace Llm360.Notebooks;

/// <summary>A segment of a row to compute.</summary>
/// <param name="Slot">The row's slot in the cache.</param>
/// <param name="Tokens">Token ids after those in the slot, at least one.</param>
/// <param name="OutputCount">Number of last tokens whose hidden states are requested.</param>
internal readonly record struct Segment(int Slot, int[] Tokens, int OutputCount = 1);
