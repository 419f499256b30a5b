// Plotly attributes set on Plotly.NET's dynamic objects.
namespace Llm360.Notebooks.Plotting;

/// <summary>Short forms for building Plotly objects.</summary>
internal static class Attributes
{
    /// <summary>Sets each named attribute; null values are left out.</summary>
    public static T With<T>(this T target, params ReadOnlySpan<(string Name, object? Value)> attributes)
        where T : DynamicObj.DynamicObj
    {
        foreach (var (name, value) in attributes)
        {
            if (value is not null)
                target.SetProperty(name, value);
        }

        return target;
    }

    /// <summary>A nested object; null values are left out.</summary>
    public static Dictionary<string, object> Object(params ReadOnlySpan<(string Name, object? Value)> attributes)
    {
        var result = new Dictionary<string, object>();
        foreach (var (name, value) in attributes)
        {
            if (value is not null)
                result[name] = value;
        }

        return result;
    }
}
