// A part of a row that one pass computes.
namespace Llm360.Notebooks;

/// <summary>A segment of a row to compute.</summary>
/// <param name="Slot">The row's place.</param>
/// <param name="Tokens">Token ids that follow what the slot holds, at least one.</param>
/// <param name="OutputCount">Of how many of the last tokens the hidden state is wanted.</param>
internal readonly record struct Segment(int Slot, int[] Tokens, int OutputCount = 1);
