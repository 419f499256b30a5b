// The part of a measurement that can be guessed: what a checkpoint scores on text it had not read.
namespace Llm360.Notebooks;

/// <summary>
/// A measurement at the latest scored checkpoint that had scored sequences still to read. What
/// unread sequences score can be guessed. Read minus not yet read, at one checkpoint, is what
/// reading adds.
/// </summary>
/// <typeparam name="T">What was measured on a sequence, or on a group of sequences.</typeparam>
/// <param name="Checkpoint">Its name.</param>
/// <param name="Read">Sequences that it had read, canaries left out.</param>
/// <param name="Unread">Sequences that it had not read, canaries left out.</param>
public sealed record UnreadBaseline<T>(string Checkpoint, IReadOnlyList<T> Read, IReadOnlyList<T> Unread)
{
    /// <summary>The same baseline of another measurement.</summary>
    internal UnreadBaseline<TOther> Select<TOther>(Func<IReadOnlyList<T>, IReadOnlyList<TOther>> measure) =>
        new(Checkpoint, measure(Read), measure(Unread));
}
