// The settings of an analysis as JSON, with and without default values.
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Llm360.Notebooks;

/// <summary>Determines which settings distinguish one store from another.</summary>
/// <remarks>
/// A setting with its default value is left out. A setting that is added later, with a default that
/// keeps the former numbers, therefore belongs to the same store. The default is that of the
/// constructor's parameter, or the property's value in a new instance if a constructor needs no
/// argument.
/// </remarks>
internal static class SettingsIdentity
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    /// <summary>All settings.</summary>
    public static JsonObject All(object settings) => Node(settings, settings.GetType()) as JsonObject
        ?? throw new ArgumentException("Settings are a record with a property for each setting.", nameof(settings));

    /// <summary>The settings that differ from their defaults, ordered by name.</summary>
    /// <param name="all">All settings.</param>
    /// <param name="type">The type of the record.</param>
    public static JsonObject WithoutDefaults(JsonObject all, Type type)
    {
        var defaults = Defaults(type);
        var properties = type.GetProperties().ToLookup(p => Name(p.Name), p => p.PropertyType);
        var result = new JsonObject();
        foreach (var (name, value) in all.OrderBy(p => p.Key, StringComparer.Ordinal))
        {
            if (defaults.TryGetValue(name, out var usual) && JsonNode.DeepEquals(usual, value))
                continue;
            result[name] = value is JsonObject inner && properties[name].FirstOrDefault() is { } innerType
                ? WithoutDefaults(inner, innerType) : value?.DeepClone();
        }

        return result;
    }

    /// <summary>Indented JSON.</summary>
    public static string Text(JsonNode node) => node.ToJsonString(Json);

    private static Dictionary<string, JsonNode?> Defaults(Type type)
    {
        var constructor = type.GetConstructors().MaxBy(c => c.GetParameters().Length);
        var parameters = constructor?.GetParameters() ?? [];
        if (type.IsAbstract || constructor is null)
            return [];
        // If every parameter has a default, properties outside the constructor have one as well.
        if (parameters.All(p => p.HasDefaultValue))
        {
            var usual = constructor.Invoke([.. parameters.Select(Default)]);
            return (Node(usual, type) as JsonObject)?.ToDictionary(p => p.Key, p => p.Value) ?? [];
        }

        return parameters.Where(p => p.HasDefaultValue).ToDictionary(p => Name(p.Name!), p => Node(Default(p), p.ParameterType));
    }

    private static object? Default(ParameterInfo parameter) => parameter.DefaultValue
        ?? (parameter.ParameterType.IsValueType ? Activator.CreateInstance(parameter.ParameterType) : null);

    private static JsonNode? Node(object? value, Type type) => JsonSerializer.SerializeToNode(value, type, Json);

    private static string Name(string property) => JsonNamingPolicy.SnakeCaseLower.ConvertName(property);
}
