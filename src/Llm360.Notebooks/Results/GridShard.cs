// A part of a grid's cells, so that processes or machines can divide a grid.
using System.Globalization;

namespace Llm360.Notebooks;

/// <summary>
/// Shard i of n of a grid: consecutive cells in checkpoint order, so that a process loads few
/// checkpoints. Every cell is in exactly one of the n shards.
/// </summary>
/// <remarks>
/// Processes share only the results store. With the same checkpoints and chunks in the same order,
/// every process finds its own cells.
/// </remarks>
public sealed record GridShard
{
    /// <summary>Makes a shard.</summary>
    /// <param name="index">i, from 0.</param>
    /// <param name="count">n.</param>
    /// <exception cref="Llm360Exception">Not 0 &lt;= i &lt; n.</exception>
    public GridShard(int index, int count)
    {
        if (index < 0 || index >= count)
            throw new Llm360Exception($"There is no shard {index}/{count}.", "shard", "Write i/n with 0 <= i < n, for example 0/8.");
        (Index, Count) = (index, count);
    }

    /// <summary>The whole grid, 0/1.</summary>
    public static GridShard Whole { get; } = new(0, 1);

    /// <summary>i.</summary>
    public int Index { get; }

    /// <summary>n.</summary>
    public int Count { get; }

    /// <summary>Reads <c>i/n</c>.</summary>
    /// <exception cref="Llm360Exception">The text is not of that form.</exception>
    public static GridShard Parse(string text)
    {
        var parts = text.Split('/');
        return parts.Length == 2 && IsNumber(parts[0], out var index) && IsNumber(parts[1], out var count)
            ? new GridShard(index, count)
            : throw new Llm360Exception($"\"{text}\" is not a shard.", "shard", "Write i/n with 0 <= i < n, for example 0/8.");

        static bool IsNumber(string part, out int number) =>
            int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    /// <summary>i/n.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Index}/{Count}");

    /// <summary>Whether a cell, numbered in checkpoint order, belongs to the shard.</summary>
    internal bool Contains(long cell, long cells) => cell >= cells * Index / Count && cell < cells * (Index + 1) / Count;
}
