// Changes a key of a recipe, as a reader who searches the file for it would.
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.EndToEnd;

internal static class RecipeChange
{
    /// <summary>Sets the first key with a given name, searching from the top of the file.</summary>
    /// <returns>Whether the key exists.</returns>
    public static bool Set(JsonNode json, string key, JsonNode value)
    {
        if (json is JsonArray items)
            return items.Any(item => item is not null && Set(item, key, value));
        if (json is not JsonObject members)
            return false;
        foreach (var name in members.Select(m => m.Key).ToList())
        {
            if (name == key)
            {
                members[name] = value.DeepClone();
                return true;
            }

            if (members[name] is { } member && Set(member, key, value))
                return true;
        }

        return false;
    }
}
