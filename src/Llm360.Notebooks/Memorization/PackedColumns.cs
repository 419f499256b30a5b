// Columns of optional values that take little memory.

namespace Llm360.Notebooks;

/// <summary>Optional numbers. Nothing is stored if all are null.</summary>
internal readonly struct OptionalNumbers
{
    private readonly double[]? values;
    private readonly bool[]? isNull;

    private OptionalNumbers(double[]? values, bool[]? isNull) => (this.values, this.isNull) = (values, isNull);

    public double? this[int index] => values is null || isNull?[index] == true ? null : values[index];

    public static OptionalNumbers Pack(IEnumerable<double?> numbers)
    {
        double?[] all = [.. numbers];
        var nulls = all.Count(n => n is null);
        return nulls == all.Length ? default
            : new([.. all.Select(n => n ?? 0)], nulls == 0 ? null : [.. all.Select(n => n is null)]);
    }
}

/// <summary>
/// Texts of '0' and '1' of equal length, one bit for each character. Other texts are stored as they
/// are.
/// </summary>
internal sealed class BitTexts
{
    private readonly string?[]? texts;
    private readonly byte[] bits = [];
    private readonly int length, stride;

    private BitTexts(string?[] texts) => this.texts = texts;

    private BitTexts(string?[] from, int length)
    {
        (this.length, stride) = (length, (length + 7) / 8);
        bits = new byte[from.Length * stride];
        foreach (var (row, text) in from.Index())
        {
            for (var i = 0; i < length; i++)
                bits[(row * stride) + (i / 8)] |= (byte)(text![i] == '1' ? 1 << (i % 8) : 0);
        }
    }

    public string? this[int index] => texts is not null ? texts.Length == 0 ? null : texts[index]
        : string.Create(length, (bits, Start: index * stride), static (chars, from) =>
        {
            for (var i = 0; i < chars.Length; i++)
                chars[i] = (from.bits[from.Start + (i / 8)] & (1 << (i % 8))) == 0 ? '0' : '1';
        });

    public static BitTexts Pack(IEnumerable<string?> from)
    {
        string?[] all = [.. from];
        if (Array.TrueForAll(all, t => t is null))
            return new BitTexts([]);
        return Array.TrueForAll(all, t => t is not null && t.Length == all[0]?.Length && !t.AsSpan().ContainsAnyExcept('0', '1'))
            ? new BitTexts(all, all[0]!.Length) : new BitTexts(all);
    }
}
