// Reading and writing the manifests of suites.
namespace Llm360.Notebooks;

/// <summary>Reads and writes <see cref="SuiteManifest"/> files.</summary>
internal static class ManifestFile
{
    private const string Example = "data-manifests/suites/nano.json or amber.json";

    /// <summary>Reads a manifest.</summary>
    /// <exception cref="Llm360Exception">
    /// The file is missing, is not JSON, or has an unknown, missing or misspelt key or a value out
    /// of range.
    /// </exception>
    public static SuiteManifest Read(string path) => Read(ManifestDocument.File(path));

    /// <summary>Reads the recipe of a manifest.</summary>
    /// <exception cref="Llm360Exception">
    /// As in <see cref="Read(string)"/>, or the suite was published by others.
    /// </exception>
    public static SuiteRecipe ReadRecipe(string path) => RecipeOf(Read(path), path);

    /// <summary>Writes a manifest, complete or not at all.</summary>
    public static void Write(string path, SuiteManifest manifest) => AtomicFile.WriteText(path, ToJson(manifest) + "\n");

    /// <summary>The manifest as indented JSON.</summary>
    public static string ToJson(SuiteManifest manifest) => ManifestJson.Write(manifest);

    /// <summary>
    /// The parts of a recipe that determine its result, as text. Descriptions and expected results
    /// are left out.
    /// </summary>
    public static string Identity(SuiteRecipe recipe) => ToJson(recipe.ToManifest() with
    {
        Description = "",
        Corpus = recipe.Corpus with { Tokenizer = recipe.Corpus.Tokenizer with { Recipe = "" } },
        Training = recipe.Training with { GradientGroups = recipe.Training.Groups },
        Expected = null,
        Weights = null,
    });

    internal static SuiteManifest Read(ManifestDocument document)
    {
        var manifest = ManifestJson.Read<SuiteManifest>(document, Example);
        Check(manifest, document.Where);
        return manifest;
    }

    internal static SuiteRecipe RecipeOf(SuiteManifest manifest, string where) => manifest.ToRecipe()
        ?? throw new Llm360Exception(
            $"The suite \"{manifest.Name}\" is not trained here: others have published it on the Hugging Face Hub.",
            where,
            $"Use it by its name: -s {manifest.Name}, -m {manifest.Name}/CHECKPOINT.");

    /// <summary>Checks the values of a manifest.</summary>
    internal static void Check(SuiteManifest manifest, string where)
    {
        var recipe = new object?[] { manifest.Corpus, manifest.Model, manifest.Training };
        var published = manifest.Checkpoints is not null;
        var parts = recipe.Count(p => p is not null);
        Require(published || parts > 0, "checkpoints", "are missing, and there is no recipe (corpus, model, training)");
        Require(parts is 0 || parts == recipe.Length, "corpus", "must be given with model and training, or none of them");
        Require(!published || parts is 0, "checkpoints", "cannot be given with a recipe: one manifest describes one training");
        var follow = published || manifest is { Parameters: null, TrainedTokens: null, Chunks: null, Phases: null };
        Require(follow, "parameters", "and trainedTokens, chunks and phases follow from the recipe and must be left out");
        Require(!published || manifest.Expected is null, "expected", "belongs to a recipe");
        Require(!published || manifest.Weights is null, "weights", "belongs to a recipe");
        if (manifest.ToRecipe() is { } whole)
            RecipeCheck.Require(whole, where);
        else
            PublishedCheck.Require(manifest, where);
        FactsCheck.Require(manifest, where);

        void Require(bool holds, string key, string rule)
        {
            if (!holds)
                throw ManifestJson.Wrong(key, rule, where, Example);
        }
    }
}
