// The folder of an analysis with its settings, in the results of a suite.
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Llm360.Notebooks;

/// <summary>Finds or makes <c>ROOT/SUITE/ANALYSIS-HASH</c> and its <c>settings.json</c>.</summary>
internal static class StoreFolder
{
    /// <summary>Name of the file with the settings.</summary>
    public const string SettingsFile = "settings.json";

    /// <summary>Opens the folder.</summary>
    /// <param name="root">Folder of all results.</param>
    /// <param name="suite">The suite.</param>
    /// <param name="analysis">Name of the analysis.</param>
    /// <param name="settings">Its settings.</param>
    public static string Open(string root, Suite suite, string analysis, object settings)
    {
        var all = new JsonObject
        {
            ["suite"] = suite.Name,
            ["analysis"] = analysis,
            ["recipe"] = Hash(suite.Identity),
            ["settings"] = SettingsIdentity.All(settings),
        };
        var identity = Identity(all, settings.GetType());
        var folder = Path.Combine(root, suite.Name, $"{analysis}-{Hash(identity.ToJsonString())[..12]}");
        if (!Directory.Exists(folder))
            Adopt(folder, analysis, identity, settings.GetType());
        AtomicFile.Sweep(folder);
        if (!File.Exists(Path.Combine(folder, SettingsFile)))
            AtomicFile.WriteText(Path.Combine(folder, SettingsFile), SettingsIdentity.Text(all) + "\n");
        return folder;
    }

    // Earlier versions named the folder by all settings. It is found by its settings.json and
    // renamed.
    private static void Adopt(string folder, string analysis, JsonObject identity, Type type)
    {
        var parent = Path.GetDirectoryName(folder)!;
        if (!Directory.Exists(parent))
            return;
        foreach (var other in Directory.EnumerateDirectories(parent, $"{analysis}-*").Order(StringComparer.Ordinal))
        {
            if (Read(Path.Combine(other, SettingsFile)) is not { } all || !JsonNode.DeepEquals(Identity(all, type), identity))
                continue;
            try
            {
                Directory.Move(other, folder);
            }
            catch (IOException) when (Directory.Exists(folder) || !Directory.Exists(other))
            {
                // Another process has renamed it.
            }

            return;
        }
    }

    private static JsonObject Identity(JsonObject all, Type type)
    {
        var identity = all.DeepClone().AsObject();
        if (identity["settings"] is JsonObject settings)
            identity["settings"] = SettingsIdentity.WithoutDefaults(settings, type);
        return identity;
    }

    /// <summary>A settings file; null if it is missing or not a JSON object.</summary>
    public static JsonObject? Read(string path)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllText(path)) as JsonObject;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null; // A folder that does not say what it is is left as it is.
        }
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
