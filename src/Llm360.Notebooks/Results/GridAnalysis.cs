// The description of an analysis for a grid: name, version, settings, computation and cell format.

namespace Llm360.Notebooks;

/// <summary>An analysis that a grid can run.</summary>
/// <typeparam name="T">Content of one cell.</typeparam>
/// <param name="Name">For example <c>memorization</c>; part of the store's folder.</param>
/// <param name="Version">
/// Version of the algorithm, from 1. Increase it when the mathematics changes: cells of another
/// version are stale.
/// </param>
/// <param name="Settings">
/// A record of everything else that determines the numbers. A setting with its default value is not
/// part of the store's name, so a new setting keeps old cells. Changing a default needs a new
/// version.
/// </param>
/// <param name="Cells">The format of a cell.</param>
/// <param name="Compute">
/// Computes one cell. With a small model on the CPU, several threads call it at once.
/// </param>
public sealed record GridAnalysis<T>(string Name, int Version, object Settings, CellCodec<T> Cells, Func<GridContext, T> Compute)
{
    /// <summary>Whether the numbers also depend on the suite's tokenizer.</summary>
    public bool UsesTokenizer { get; init; }

    /// <summary>Whether the numbers also depend on the checkpoint's optimizer file.</summary>
    public bool UsesOptimizer { get; init; }

    /// <summary>Name for the progress display; the analysis and the suite when null.</summary>
    public string? Task { get; init; }
}
