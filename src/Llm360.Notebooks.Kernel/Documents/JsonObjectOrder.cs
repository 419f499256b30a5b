// Adds fields to a JSON object at the place where Jupyter, which sorts keys, puts them.
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.Kernel.Documents;

internal static class JsonObjectOrder
{
    /// <summary>Replaces a field in its place, or inserts it before the first key that sorts after
    /// it.</summary>
    public static void SetInOrder(this JsonObject json, string key, JsonNode? value)
    {
        if (json.ContainsKey(key))
        {
            json[key] = value;
            return;
        }

        var index = 0;
        while (index < json.Count && string.CompareOrdinal(json.GetAt(index).Key, key) < 0)
            index++;
        json.Insert(index, key, value);
    }

    /// <summary>The object under <paramref name="key"/>, created when it is missing.</summary>
    public static JsonObject ChildObject(this JsonObject json, string key)
    {
        if (json[key] is JsonObject existing)
            return existing;
        var created = new JsonObject();
        json.SetInOrder(key, created);
        return created;
    }
}
