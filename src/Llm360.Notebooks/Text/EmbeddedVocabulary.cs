// The vocabularies embedded in the library, so that the embedded suites need no download.
using System.Security.Cryptography;

namespace Llm360.Notebooks;

/// <summary>SentencePiece models embedded in the library.</summary>
internal static class EmbeddedVocabulary
{
    private const string Suffix = ".model";

    /// <summary>The file names of the embedded models.</summary>
    public static IReadOnlyList<string> Names =>
        [
            .. typeof(EmbeddedVocabulary).Assembly.GetManifestResourceNames()
                .Where(n => n.EndsWith(Suffix, StringComparison.Ordinal)).Order(StringComparer.Ordinal),
        ];

    /// <summary>The bytes of an embedded model, as in a <c>tokenizer.model</c> file.</summary>
    /// <exception cref="Llm360Exception">
    /// There is no model of that name, or it is not the one that the recipe pins.
    /// </exception>
    public static byte[] Read(TokenizerRecipe recipe)
    {
        var assembly = typeof(EmbeddedVocabulary).Assembly;
        using var stream = Names.Contains(recipe.Asset) ? assembly.GetManifestResourceStream(recipe.Asset) : null;
        if (stream is null)
        {
            throw new Llm360Exception(
                $"The library has no vocabulary \"{recipe.Asset}\".", "corpus.tokenizer.asset",
                $"Choose one of: {string.Join(", ", Names)}.");
        }

        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        var hash = Convert.ToHexStringLower(SHA256.HashData(bytes));
        return hash.Equals(recipe.Sha256, StringComparison.OrdinalIgnoreCase) ? bytes
            : throw new Llm360Exception($"The vocabulary {recipe.Asset} hashes to {hash}, not {recipe.Sha256}.",
                "corpus.tokenizer.sha256", "Use the manifest of this version of the library, or correct its hash.");
    }

    /// <summary>Loads an embedded model.</summary>
    /// <exception cref="Llm360Exception">
    /// As <see cref="Read"/>, or its size is not that of the recipe.
    /// </exception>
    public static SentencePieceTokenizer Load(TokenizerRecipe recipe)
    {
        var tokenizer = SentencePieceTokenizer.Parse(Read(recipe), recipe.Asset);
        return tokenizer.VocabularySize == recipe.VocabularySize ? tokenizer
            : throw new Llm360Exception(
                $"The vocabulary {recipe.Asset} has {tokenizer.VocabularySize} pieces, not {recipe.VocabularySize}.",
                "corpus.tokenizer.vocabularySize", "Correct the manifest.");
    }
}
