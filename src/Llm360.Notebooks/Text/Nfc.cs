// Unicode normalisation form C from built-in tables, because .NET's result depends on ICU.
using System.Globalization;

namespace Llm360.Notebooks;

/// <summary>
/// Normalisation to NFC, Unicode 14.0 (Unicode Standard Annex #15), the same in every process.
/// </summary>
/// <remarks>
/// .NET gives other results with another ICU, and none if globalization is invariant. Normalised
/// text of characters that existed in 14.0 stays normalised in every later version. Characters
/// added since are not changed.
/// </remarks>
internal static class Nfc
{
    private const string Asset = "nfc-14.0.0.txt";

    /// <summary>
    /// Hangul: first syllable, lead, vowel and final consonant (one before the first), and the
    /// number of each.
    /// </summary>
    private const int Syllables = 0xAC00, Leads = 0x1100, Vowels = 0x1161, Finals = 0x11A7;

    private const int LeadCount = 19, VowelCount = 21, FinalCount = 28;

    /// <summary>No lower character changes or combines with the one before it.</summary>
    private const char FirstOfInterest = '\u0300';

    private static readonly Tables Data = Tables.Read();

    /// <summary>The text in NFC; the same span if it already is.</summary>
    /// <param name="text">Well-formed UTF-16.</param>
    public static ReadOnlySpan<char> Normalize(ReadOnlySpan<char> text)
    {
        var start = text.IndexOfAnyExceptInRange('\0', (char)(FirstOfInterest - 1));
        return start < 0 || IsNormalized(text[start..]) ? text : Compose(Decompose(text));
    }

    private static bool IsNormalized(ReadOnlySpan<char> text)
    {
        foreach (var rune in text.EnumerateRunes())
            if (rune.Value >= FirstOfInterest && Data.Suspects.Contains(rune.Value))
                return false;
        return true;
    }

    /// <summary>
    /// Full canonical decomposition, with marks in canonical order. Hangul syllables stay whole,
    /// which composes to the same text.
    /// </summary>
    private static List<(int Character, int Class)> Decompose(ReadOnlySpan<char> text)
    {
        var parts = new List<(int Character, int Class)>(text.Length);
        var marks = new List<(int Character, int Class)>();
        foreach (var rune in text.EnumerateRunes())
        {
            if (!Data.Decompositions.TryGetValue(rune.Value, out var decomposition))
                Add(rune.Value);
            else
                foreach (var part in decomposition)
                    Add(part);
        }

        Release();
        return parts;

        void Add(int character)
        {
            if (Data.Classes.TryGetValue(character, out var mark))
            {
                marks.Add((character, mark));
                return;
            }

            Release();
            parts.Add((character, 0));
        }

        void Release()
        {
            parts.AddRange(marks.OrderBy(m => m.Class)); // a stable sort, because the order of marks of one class matters
            marks.Clear();
        }
    }

    private static string Compose(List<(int Character, int Class)> parts)
    {
        var text = new List<int>(parts.Count);
        var (starter, last) = (-1, -1); // index of the last starter; class of the last character after it
        foreach (var (character, mark) in parts)
        {
            if (starter >= 0 && last < mark && Composite(text[starter], character) is { } composite)
            {
                text[starter] = composite;
                continue;
            }

            (starter, last) = mark == 0 ? (text.Count, -1) : (starter, mark);
            text.Add(character);
        }

        return string.Concat(text.Select(char.ConvertFromUtf32));
    }

    private static int? Composite(int first, int second)
    {
        if (first is >= Leads and < Leads + LeadCount && second is >= Vowels and < Vowels + VowelCount)
            return Syllables + ((((first - Leads) * VowelCount) + second - Vowels) * FinalCount);
        if (first is >= Syllables and < Syllables + (LeadCount * VowelCount * FinalCount)
            && (first - Syllables) % FinalCount == 0 && second is > Finals and < Finals + FinalCount)
            return first + second - Finals;
        return Data.Composites.TryGetValue((first, second), out var composite) ? composite : null;
    }

    private sealed class Tables
    {
        /// <summary>
        /// Canonical combining class of the characters with a class other than 0.
        /// </summary>
        public Dictionary<int, int> Classes { get; } = [];

        /// <summary>Full canonical decompositions.</summary>
        public Dictionary<int, int[]> Decompositions { get; } = [];

        public Dictionary<(int First, int Second), int> Composites { get; } = [];

        /// <summary>
        /// Characters that NFC excludes, or allows only after some characters. A text without any
        /// of them is in NFC.
        /// </summary>
        public HashSet<int> Suspects { get; } = [];

        public static Tables Read()
        {
            var tables = new Tables();
            using var reader = new StreamReader(typeof(Nfc).Assembly.GetManifestResourceStream(Asset)!);
            while (reader.ReadLine() is { } line)
                if (!line.StartsWith('#'))
                    tables.Take(line.Split(' '));

            // A part may decompose further.
            foreach (var character in tables.Decompositions.Keys.ToList())
                while (tables.Decompositions.TryGetValue(tables.Decompositions[character][0], out var inner))
                    tables.Decompositions[character] = [.. inner, .. tables.Decompositions[character][1..]];
            tables.Suspects.UnionWith(tables.Classes.Keys);
            tables.Suspects.UnionWith(Enumerable.Range(Vowels, VowelCount));
            tables.Suspects.UnionWith(Enumerable.Range(Finals + 1, FinalCount - 1));
            return tables;
        }

        private void Take(string[] fields)
        {
            switch (fields[0])
            {
                case "c":
                    foreach (var range in fields[2..])
                        for (var c = Hex(range.Split('-')[0]); c <= Hex(range.Split('-')[^1]); c++)
                            Classes[c] = int.Parse(fields[1], CultureInfo.InvariantCulture);
                    return;
                case "=":
                    Composites[(Hex(fields[2]), Hex(fields[3]))] = Hex(fields[1]);
                    Suspects.Add(Hex(fields[3]));
                    break;
                default:
                    Suspects.Add(Hex(fields[1]));
                    break;
            }

            Decompositions[Hex(fields[1])] = [.. fields[2..].Select(Hex)];
        }

        private static int Hex(string text) => int.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
    }
}
