// A recipe that was copied from a known one and changed: its name, and values of the original.
using System.Text.Json.Nodes;

namespace Llm360.Notebooks;

/// <summary>Separates a copied recipe from the original.</summary>
internal static class RecipeCopy
{
    private const int ShownDifferences = 4;

    /// <summary>
    /// The recipe without the values of the known recipe from which it was copied: <c>expected</c>
    /// and <c>weights</c>, if the text or the training differs. If it has the name of a known suite
    /// with a different recipe, it takes the name of its file.
    /// </summary>
    /// <param name="recipe">The recipe in the file.</param>
    /// <param name="path">The file.</param>
    /// <param name="known">The recipes that are known by name.</param>
    /// <returns>The recipe, and a sentence for each change.</returns>
    /// <exception cref="Llm360Exception">The file also has the name of a known suite.</exception>
    public static (SuiteRecipe Recipe, IReadOnlyList<string> Notes) Own(SuiteRecipe recipe, string path, IReadOnlyList<SuiteRecipe> known)
    {
        var notes = new List<string>();
        if (known.FirstOrDefault(k => k.Name == recipe.Name) is { } same && ManifestFile.Identity(same) != ManifestFile.Identity(recipe))
        {
            var file = Path.GetFileNameWithoutExtension(path);
            if (!ManifestJson.IsSafeName(file) || known.Any(k => k.Name == file))
            {
                throw new Llm360Exception($"The name \"{recipe.Name}\" is that of a known suite with another recipe: "
                    + $"{Differences(recipe, same)}.",
                    path, "Give the key \"name\" another value.");
            }

            notes.Add($"\"{recipe.Name}\" is the name of a known suite with another recipe. This one is named after its file: {file}.");
            recipe = recipe with { Name = file };
        }

        if (recipe.Expected is { } expected && known.FirstOrDefault(k => k.Expected?.Sha256 == expected.Sha256) is { } origin
            && !AreEqual(origin.Corpus, recipe.Corpus))
        {
            notes.Add($"The key \"expected\" is ignored: it describes the text of {origin.Name}, and the corpus was changed.");
            recipe = recipe with { Expected = null };
        }

        if (recipe.Weights is { } weights && known.FirstOrDefault(k => k.Weights is { } w && w.SequenceEqual(weights)) is { } trained
            && !(AreEqual(trained.Corpus, recipe.Corpus) && AreEqual(trained.Model, recipe.Model)
                && AreEqual(trained.Training, recipe.Training)))
        {
            notes.Add($"The key \"weights\" is ignored: it has the weights of {trained.Name}, and the recipe was changed.");
            recipe = recipe with { Weights = null };
        }

        return (recipe, notes);
    }

    /// <summary>
    /// The keys in which a recipe differs from another, with both values; empty if there are none.
    /// Another version of the kit can make other text of the same keys. Where both recipes name the
    /// hash of their text, it is compared too.
    /// </summary>
    public static string Differences(SuiteRecipe recipe, SuiteRecipe other)
    {
        var (here, there) = (Values(recipe), Values(other));
        if (recipe.Expected is { } expected && other.Expected is { } found)
            (here["expected.sha256"], there["expected.sha256"]) = (expected.Sha256, found.Sha256);
        List<string> keys = [.. here.Keys.Union(there.Keys).Where(k => here.GetValueOrDefault(k) != there.GetValueOrDefault(k))
            .Order(StringComparer.Ordinal)];
        var shown = keys.Take(ShownDifferences)
            .Select(k => $"{k} is {here.GetValueOrDefault(k, "missing")}, not {there.GetValueOrDefault(k, "missing")}");
        return string.Join("; ", shown) + (keys.Count > ShownDifferences
            ? FormattableString.Invariant($"; and {keys.Count - ShownDifferences} more") : "");
    }

    private static bool AreEqual<T>(T one, T other)
        where T : class => ManifestJson.Write(one) == ManifestJson.Write(other);

    // By their paths: corpus.sources[0].share.
    private static Dictionary<string, string> Values(SuiteRecipe recipe)
    {
        var values = new Dictionary<string, string>();
        Add(JsonNode.Parse(ManifestFile.Identity(recipe))!, "");
        return values;

        void Add(JsonNode node, string path)
        {
            if (node is JsonObject members)
            {
                foreach (var (name, value) in members.Where(m => m.Value is not null))
                    Add(value!, path.Length == 0 ? name : $"{path}.{name}");
            }
            else if (node is JsonArray items && items.Any(i => i is JsonObject))
            {
                foreach (var (i, item) in items.Index())
                    Add(item!, FormattableString.Invariant($"{path}[{i}]"));
            }
            else
            {
                values[path] = Printable.Value(node.ToJsonString());
            }
        }
    }
}
