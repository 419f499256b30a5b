// Checks of the licences and facts in a manifest.
using System.Text.Json;

namespace Llm360.Notebooks;

/// <summary>Checks the licences and facts of a manifest.</summary>
internal static class FactsCheck
{
    private const string Example = "data-manifests/suites/amber.json";

    private static readonly HashSet<string> Keys =
        [.. typeof(SuiteManifest).GetProperties().Select(p => JsonNamingPolicy.CamelCase.ConvertName(p.Name))];

    /// <summary>Checks the values.</summary>
    public static void Require(SuiteManifest manifest, string where)
    {
        var (licences, facts) = (manifest.Licences ?? [], manifest.Facts ?? []);
        Need(licences.All(l => IsGiven(l.Of) && IsGiven(l.Name) && IsGiven(l.Source)), "licences", "must each have of, name and source");
        Need(facts.All(f => IsGiven(f.Source)), "facts.source", "must not be empty");
        var areKeys = facts.All(f => Keys.Contains(f.Of.Split('.')[0]));
        Need(areKeys, "facts.of", "must begin with a key of the manifest, such as phases or checkpoints.series");

        void Need(bool holds, string key, string rule)
        {
            if (!holds)
                throw ManifestJson.Wrong(key, rule, where, Example);
        }
    }

    private static bool IsGiven(string text) => text.Trim().Length > 0;
}
