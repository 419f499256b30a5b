// The rows of one cell in columns: about 70 bytes per row instead of about 400 for objects.
using System.Collections;

namespace Llm360.Notebooks;

/// <summary>
/// A list of rows that creates each row on access. Changes to a row are not stored.
/// </summary>
internal sealed class MemorizationColumns : IReadOnlyList<MemorizationRow>
{
    private readonly int[] rows, match, firstMismatch;
    private readonly string[] sources;
    private readonly string?[]? canaries;
    private readonly int?[]? repetitions;
    private readonly double[] score;
    private readonly bool[] extractible;
    private readonly BitTexts matches, hits;
    private readonly OptionalNumbers loss, lossAll, logPz, logPzTopK, minK, minKPlus, zlibRatio;

    private MemorizationColumns(IReadOnlyList<MemorizationRow> from)
    {
        rows = [.. from.Select(r => r.Row)];
        match = [.. from.Select(r => r.Match)];
        firstMismatch = [.. from.Select(r => r.FirstMismatch)];
        // There are few sources, but a file has a string for each row.
        sources = [.. from.Select(r => string.Intern(r.Source))];
        canaries = from.All(r => r.Canary is null) ? null : [.. from.Select(r => r.Canary is null ? null : string.Intern(r.Canary))];
        repetitions = from.All(r => r.CanaryRepetitions is null) ? null : [.. from.Select(r => r.CanaryRepetitions)];
        score = [.. from.Select(r => r.Score)];
        extractible = [.. from.Select(r => r.Extractible)];
        (matches, hits) = (BitTexts.Pack(from.Select(r => r.Matches)), BitTexts.Pack(from.Select(r => r.Hits)));
        (loss, lossAll) = (OptionalNumbers.Pack(from.Select(r => r.Loss)), OptionalNumbers.Pack(from.Select(r => r.LossAll)));
        (logPz, logPzTopK) = (OptionalNumbers.Pack(from.Select(r => r.LogPz)), OptionalNumbers.Pack(from.Select(r => r.LogPzTopK)));
        (minK, minKPlus) = (OptionalNumbers.Pack(from.Select(r => r.MinK)), OptionalNumbers.Pack(from.Select(r => r.MinKPlus)));
        zlibRatio = OptionalNumbers.Pack(from.Select(r => r.ZlibRatio));
    }

    /// <summary>Number of the checkpoint of all rows.</summary>
    public int Checkpoint { get; init; }

    /// <summary>Number of the chunk of all rows.</summary>
    public int Chunk { get; init; }

    /// <inheritdoc/>
    public int Count => rows.Length;

    /// <inheritdoc/>
    public MemorizationRow this[int index] => new()
    {
        Checkpoint = Checkpoint,
        Chunk = Chunk,
        Row = rows[index],
        Source = sources[index],
        Canary = canaries?[index],
        CanaryRepetitions = repetitions?[index],
        Match = match[index],
        Matches = matches[index]!,
        Score = score[index],
        FirstMismatch = firstMismatch[index],
        Extractible = extractible[index],
        Hits = hits[index],
        Loss = loss[index],
        LossAll = lossAll[index],
        LogPz = logPz[index],
        LogPzTopK = logPzTopK[index],
        MinK = minK[index],
        MinKPlus = minKPlus[index],
        ZlibRatio = zlibRatio[index],
    };

    /// <summary>Packs the rows of a cell.</summary>
    public static MemorizationColumns Pack(IReadOnlyList<MemorizationRow> rows) => rows as MemorizationColumns ?? new(rows);

    /// <summary>The same rows with the numbers of their checkpoint and chunk.</summary>
    public MemorizationColumns At(int checkpoint, int chunk) => new(this, checkpoint, chunk);

    /// <summary>Line in the chunk and source of a row, without creating the row.</summary>
    public (int Row, string Source) Sequence(int index) => (rows[index], sources[index]);

    /// <summary>Indices of the canaries' rows, or of all others.</summary>
    public IEnumerable<int> Places(bool ofCanaries) => repetitions is null
        ? ofCanaries ? [] : Enumerable.Range(0, Count)
        : Enumerable.Range(0, Count).Where(i => repetitions[i] is not null == ofCanaries);

    /// <inheritdoc/>
    public IEnumerator<MemorizationRow> GetEnumerator()
    {
        for (var i = 0; i < Count; i++)
            yield return this[i];
    }

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private MemorizationColumns(MemorizationColumns from, int checkpoint, int chunk)
    {
        (rows, match, firstMismatch) = (from.rows, from.match, from.firstMismatch);
        (sources, canaries, repetitions) = (from.sources, from.canaries, from.repetitions);
        (score, extractible, matches, hits) = (from.score, from.extractible, from.matches, from.hits);
        (loss, lossAll) = (from.loss, from.lossAll);
        (logPz, logPzTopK, minK, minKPlus, zlibRatio) = (from.logPz, from.logPzTopK, from.minK, from.minKPlus, from.zlibRatio);
        (Checkpoint, Chunk) = (checkpoint, chunk);
    }
}
