// Normalisation equals CPython's unicodedata (Unicode 14.0) on texts and on every character.
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.Tests;

public class NfcTests
{
    [Fact]
    public void Composed_texts_normalise_as_in_Python()
    {
        var lines = File.ReadAllText(Fixtures.Path("tokenizer", "nfc.jsonl")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(400, lines.Length);
        foreach (var line in lines.Select(l => JsonNode.Parse(l)!))
            Assert.Equal(line["nfc"]!.GetValue<string>(), Nfc.Normalize(line["text"]!.GetValue<string>()).ToString());
    }

    /// <summary>Compares the hash of <c>b"".join(normalize("NFC", "a" + c + "\u0301").encode() +
    /// b"\n")</c> over all characters c below U+30000. No character above changes.</summary>
    [Fact]
    public void Every_character_normalises_as_in_Python()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var c = 0; c < 0x30000; c++)
            if (Rune.IsValid(c))
                hash.AppendData(Encoding.UTF8.GetBytes($"{Nfc.Normalize($"a{new Rune(c)}\u0301")}\n"));
        Assert.Equal("b2e13f1641f2371a3a613b2b4d9c9356cf33eb817d79b443cd7317865381092a", Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    [Fact]
    public void Many_marks_are_no_trouble()
    {
        var marks = new StringBuilder("a").Insert(1, "\u0301\u0316", 100_000).ToString();
        Assert.Equal("\u00E1" + new string('\u0316', 100_000) + new string('\u0301', 99_999), Nfc.Normalize(marks).ToString());
    }
}
