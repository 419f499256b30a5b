// Checks of the values in a recipe.
using System.Text.RegularExpressions;

namespace Llm360.Notebooks;

/// <summary>Checks the values of a recipe.</summary>
internal static partial class RecipeCheck
{
    private const string Example = "data-manifests/suites/nano.json";

    // Larger numbers are errors. The limits bound what a manifest can make this kit allocate before
    // a model is built.
    private const double LargestShare = 1e9;
    private const int MostCanaries = 1_000_000;
    private const int MostLayers = 1000;

    /// <summary>Checks the values.</summary>
    public static void Require(SuiteRecipe manifest, string path)
    {
        var corpus = manifest.Corpus;
        var training = manifest.Training;
        Need(ManifestJson.IsSafeName(manifest.Name), "name", "must be letters, digits, '-' or '_'");
        Need(ManifestJson.IsSafeName(corpus.Tokenizer.Asset), "corpus.tokenizer.asset", "must be a plain file name");
        Need(
            corpus.Sources.Count > 0 && corpus.Sources.All(s => s.Share is > 0 and <= LargestShare),
            "corpus.sources",
            "must hold at least one source with a positive share, at most 1e9");
        Need(
            corpus.Sources.Select(s => s.Name).Append("canary").Distinct().Count() == corpus.Sources.Count + 1,
            "corpus.sources",
            "must have different names, none of them \"canary\"");
        var forms = string.Join(", ", DocumentForm.All);
        Need(corpus.Sources.All(s => DocumentForm.All.Contains(s.Documents)), "corpus.sources.documents", $"must be one of {forms}");
        Need(
            corpus.Sources.All(s => s.Packages.Count == 0 || s.Documents != DocumentForm.Series),
            "corpus.sources.packages",
            "must be empty where the documents are series");
        var packages = corpus.Sources.SelectMany(s => s.Packages).ToList();
        Need(
            packages.All(p => ManifestJson.IsSafeName(p.Id) && ManifestJson.IsSafeName(p.Version)),
            "corpus.sources.packages",
            "must have plain ids and exact versions");
        Need(
            packages.All(p => p.Files.Count > 0 && p.Files.All(f => f.Split('/').All(part => FilePart().IsMatch(part)))),
            "corpus.sources.packages.files",
            "must be paths inside the package, with '/', no '..' and '*' only in file names");
        Need(corpus.SequenceLength > 1, "corpus.sequenceLength", "must be at least 2");
        Need(corpus.Chunks is > 0 and <= 1000, "corpus.chunks", "must be 1 to 1000");
        Need(
            (long)corpus.Chunks * corpus.SequencesPerChunk <= int.MaxValue,
            "corpus.sequencesPerChunk",
            $"times corpus.chunks must be at most {int.MaxValue}");
        Need(corpus.Tokenizer.VocabularySize > 0, "corpus.tokenizer.vocabularySize", "must be positive");
        Need(
            training.BatchSize > 0 && corpus.SequencesPerChunk > 0 && corpus.SequencesPerChunk % training.BatchSize == 0,
            "training.batchSize",
            $"must divide corpus.sequencesPerChunk ({corpus.SequencesPerChunk})");
        var groups = training.GradientGroups ?? 1;
        Need(
            groups >= 1 && groups <= training.BatchSize,
            "training.gradientGroups",
            $"must be 1 to training.batchSize ({training.BatchSize})");
        Need(training.Schedule is "cosine" or "constant", "training.schedule", "must be \"cosine\" or \"constant\"");
        Need(
            training.Schedule != "cosine" || training.FinalLearningRate != training.PeakLearningRate,
            "training.finalLearningRate",
            "must differ from training.peakLearningRate with the schedule \"cosine\": with equal rates the learning rate never changes");
        Need(
            (long)training.BatchSize * corpus.SequenceLength <= Array.MaxLength,
            "training.batchSize",
            $"times corpus.sequenceLength must be at most {Array.MaxLength}");
        Need(
            AreFinite(training.Eps, training.WeightDecay, training.ClipNorm)
                && training is { Beta1: >= 0 and < 1, Beta2: >= 0 and < 1, Eps: > 0, WeightDecay: >= 0, ClipNorm: > 0 },
            "training",
            "needs beta1 and beta2 from 0 to 1, eps and clipNorm above 0, weightDecay not negative, all finite");
        Need(
            training.OptimizerStates.All(c => c >= 0 && c <= corpus.Chunks),
            "training.optimizerStates",
            $"must be numbers of checkpoints, 0 to {corpus.Chunks}");
        Need(corpus.ValidationSequences > 0, "corpus.validationSequences", "must be at least 1");
        Need(
            AreFinite(manifest.Model.NormEps, manifest.Model.RopeTheta, manifest.Model.InitializerRange)
                && manifest.Model is { NormEps: > 0, RopeTheta: > 0, InitializerRange: > 0 },
            "model",
            "needs normEps, ropeTheta and initializerRange above 0 and finite");
        Need(
            AreFinite(training.PeakLearningRate, training.FinalLearningRate)
                && training.WarmupSteps >= 0
                && training.PeakLearningRate > 0
                && training.FinalLearningRate >= 0,
            "training.peakLearningRate",
            "must be positive and finite, with warmupSteps and finalLearningRate not negative");
        Need(manifest.Model.Layers is > 0 and <= MostLayers, "model.layers", $"must be 1 to {MostLayers}");
        Need(
            manifest.Model is { Heads: > 0, IntermediateSize: > 0, HiddenSize: > 0 }
                && manifest.Model.HiddenSize % (2L * manifest.Model.Heads) == 0,
            "model.hiddenSize",
            "must be a multiple of twice the number of heads");
        var checkpoints = corpus.Chunks + 1;
        Need(
            manifest.Weights is not { } weights || (weights.Count == checkpoints && weights.All(w => Sha256().IsMatch(w))),
            "weights",
            $"must be {checkpoints} SHA-256 hashes, one of each checkpoint; leave it out of a recipe of your own");
        if (corpus.Canaries is { } canaries)
        {
            Need(
                canaries.Length > 0 && canaries.Length < corpus.SequenceLength,
                "corpus.canaries.length",
                "must be shorter than a sequence");
            Need(
                canaries.Chunks.All(c => c >= 0 && c < corpus.Chunks)
                    && canaries.Chunks.Distinct().Count() == canaries.Chunks.Count,
                "corpus.canaries.chunks",
                "must be different numbers of chunks");
            var planted = (long)canaries.Repetitions.Count * canaries.Chunks.Count;
            Need(
                canaries.Controls >= 0 && planted + canaries.Controls <= MostCanaries,
                "corpus.canaries.controls",
                $"must not be negative, and with the planted canaries at most {MostCanaries}");
            Need(
                canaries.Repetitions.All(r => r > 0) && canaries.Repetitions.Sum(r => (long)r) < corpus.SequencesPerChunk,
                "corpus.canaries.repetitions",
                "must be positive and leave room in the chunk");
            Need(
                canaries.FrequentLeftOut is null or (>= 0 and < 1),
                "corpus.canaries.frequentLeftOut",
                "must be at least 0 and below 1");
            Need(
                canaries.FrequentLeftOut is null || corpus.ValidationSequences > 0,
                "corpus.validationSequences",
                "must not be 0, because the frequent tokens of corpus.canaries.frequentLeftOut are counted in held-out text");
        }

        static bool AreFinite(params ReadOnlySpan<double> values) =>
            !values.ContainsAny(double.PositiveInfinity, double.NegativeInfinity, double.NaN);

        void Need(bool holds, string key, string rule)
        {
            if (!holds)
                throw ManifestJson.Wrong(key, rule, path, Example);
        }
    }

    [GeneratedRegex(@"^[A-Za-z0-9_*][A-Za-z0-9_.*-]*\z")]
    private static partial Regex FilePart();

    [GeneratedRegex(@"^[0-9a-f]{64}\z")]
    private static partial Regex Sha256();
}
