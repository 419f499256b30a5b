// The printable characters that represent bytes in a byte-level vocabulary.
using System.Text;

namespace Llm360.Notebooks;

/// <summary>
/// Bytes 21 to 7E, A1 to AC and AE to FF represent themselves; the others are U+0100 to U+0143 in
/// order (Radford et al. 2019, GPT-2).
/// </summary>
internal static class ByteAlphabet
{
    private static readonly char[] Characters = MakeCharacters();

    private static readonly Dictionary<char, byte> Bytes = Characters.Select((c, b) => (c, b)).ToDictionary(x => x.c, x => (byte)x.b);

    /// <summary>The character of a byte.</summary>
    public static char CharacterOf(byte b) => Characters[b];

    /// <summary>
    /// The bytes of a token. A token that is not written in this alphabet has the bytes of its own
    /// text.
    /// </summary>
    public static byte[] BytesOf(string token)
    {
        var bytes = new byte[token.Length];
        for (var i = 0; i < token.Length; i++)
            if (!Bytes.TryGetValue(token[i], out bytes[i]))
                return Encoding.UTF8.GetBytes(token);
        return bytes;
    }

    private static char[] MakeCharacters()
    {
        var next = '\u0100';
        return [.. Enumerable.Range(0, 256).Select(b => IsPrintable(b) ? (char)b : next++)];

        static bool IsPrintable(int b) => b is (>= 0x21 and <= 0x7E) or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
    }
}
