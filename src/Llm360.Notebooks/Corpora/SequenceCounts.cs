// Exact counts of given token sequences in a corpus, in one pass over its chunks.

namespace Llm360.Notebooks;

/// <summary>Counts occurrences of token sequences at any position within a row.</summary>
/// <remarks>
/// A rolling hash (Karp and Rabin 1987) of every window of the corpus is looked up among the hashes
/// of the sequences. Every hit is verified token by token, so the counts are exact. Memory depends
/// on the sequences and not on the size of the corpus.
/// </remarks>
internal static class SequenceCounts
{
    private const ulong Base = 0x9E3779B97F4A7C15UL;

    /// <summary>The number of occurrences of each sequence.</summary>
    /// <param name="sequences">
    /// Token ids, all of one length; equal sequences are counted once and get the same number.
    /// </param>
    /// <param name="chunks">The chunks to search; read on several threads.</param>
    /// <param name="run">Progress, in chunks, and cancellation between rows.</param>
    /// <returns>In the order of the sequences.</returns>
    /// <exception cref="Llm360Exception">
    /// The sequences are empty or differ in length, or a chunk cannot be read.
    /// </exception>
    public static async Task<IReadOnlyList<long>> CountAsync(
        IReadOnlyList<int[]> sequences, IReadOnlyList<Chunk> chunks, RunOptions? run = null)
    {
        if (sequences.Count == 0)
            return [];
        var length = sequences[0].Length;
        if (length == 0 || sequences.Any(s => s.Length != length))
        {
            throw new Llm360Exception(
                "The sequences to count are empty or differ in length.", "sequences",
                "Give sequences of one length, at least one token.");
        }

        var (progress, stop) = (run.Watcher(), run.StopToken());
        var table = new Table(sequences);
        var done = 0;
        var options = new ParallelOptions { CancellationToken = stop, MaxDegreeOfParallelism = Environment.ProcessorCount };
        await Task.Run(() => Parallel.ForEach(chunks, options, chunk =>
        {
            foreach (var row in ChunkReader.Read(chunk, cancellation: stop))
                table.Add(row.TokenIds);
            progress?.Report(new WorkProgress("count duplicates", Interlocked.Increment(ref done), chunks.Count, "chunks", chunk.Name));
        }), stop).ConfigureAwait(false);
        return table.Counts();
    }

    /// <summary>The sequences by hash; sequences with the same hash form a chain.</summary>
    private sealed class Table
    {
        private readonly IReadOnlyList<int[]> sequences;
        private readonly int length;
        private readonly ulong highest = 1; // Base^(length - 1)
        private readonly Dictionary<ulong, int> first;
        private readonly int[] next;
        private readonly int[] same; // the first sequence equal to this one
        private readonly long[] counts;

        public Table(IReadOnlyList<int[]> sequences)
        {
            (this.sequences, length) = (sequences, sequences[0].Length);
            for (var i = 1; i < length; i++)
                highest *= Base;
            first = new Dictionary<ulong, int>(sequences.Count);
            (next, same, counts) = (new int[sequences.Count], new int[sequences.Count], new long[sequences.Count]);
            for (var i = 0; i < sequences.Count; i++)
            {
                var hash = Hash(sequences[i]);
                var equal = Find(hash, sequences[i]);
                same[i] = equal < 0 ? i : equal;
                if (equal >= 0)
                    continue;
                next[i] = first.GetValueOrDefault(hash, -1);
                first[hash] = i;
            }
        }

        public void Add(ReadOnlySpan<int> row)
        {
            if (row.Length < length)
                return;
            var hash = Hash(row[..length]);
            for (var start = 0; ; start++)
            {
                if (Find(hash, row.Slice(start, length)) is var found and >= 0)
                    Interlocked.Increment(ref counts[found]);
                if (start + length == row.Length)
                    return;
                hash = ((hash - (Value(row[start]) * highest)) * Base) + Value(row[start + length]);
            }
        }

        public IReadOnlyList<long> Counts() => [.. same.Select(i => counts[i])];

        private int Find(ulong hash, ReadOnlySpan<int> window)
        {
            for (var i = first.GetValueOrDefault(hash, -1); i >= 0; i = next[i])
            {
                if (window.SequenceEqual(sequences[i]))
                    return i;
            }

            return -1;
        }

        private static ulong Hash(ReadOnlySpan<int> window)
        {
            var hash = 0UL;
            foreach (var token in window)
                hash = (hash * Base) + Value(token);
            return hash;
        }

        private static ulong Value(int token) => (uint)token + 1UL;
    }
}
