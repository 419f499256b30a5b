// The formatters a type brings along by convention, found by name so that it needs no reference to any notebook package.
using System.Reflection;
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.Kernel.Display;

/// <summary>
/// Types with an attribute whose class is named <c>TypeFormatterSourceAttribute</c>: its <c>FormatterSourceType</c> (in Plotly.NET
/// <c>TypeFormatterSourceType</c>) has <c>CreateTypeFormatters()</c>.
/// Each formatter has <c>MimeType</c> and <c>bool Format(object, TextWriter)</c>.
/// </summary>
internal static class ConventionFormatters
{
    private const string AttributeName = "TypeFormatterSourceAttribute";
    private const string OtherName = "TypeFormatterSourceType";

    /// <summary>All MIME types of the nearest formatter source among the type, its bases and its interfaces; null without one.</summary>
    public static MimeBundle? TryFormat(object value)
    {
        if (FindAttribute(value.GetType()) is not { } attribute)
            return null;
        var data = new JsonObject();
        foreach (var (mime, text) in Run(attribute, value))
            data[mime] = MimeBundle.IsJson(mime) ? JsonNode.Parse(text) : JsonValue.Create(text);
        if (data.Count == 0)
            return null;
        data.TryAdd("text/plain", JsonValue.Create(ValueFormatter.Plain(value)));
        return new MimeBundle(data);
    }

    /// <summary>Whether values of the type have such formatters.</summary>
    public static bool Has(Type type) => FindAttribute(type) is not null;

    private static Attribute? FindAttribute(Type type)
    {
        for (var t = type; t is not null; t = t.BaseType)
        {
            if (On(t) is { } found)
                return found;
        }

        return type.GetInterfaces().Select(On).FirstOrDefault(found => found is not null);

        static Attribute? On(Type t) => t.GetCustomAttributes(inherit: false).OfType<Attribute>().FirstOrDefault(a => a.GetType().Name == AttributeName);
    }

    private static IEnumerable<(string Mime, string Text)> Run(Attribute attribute, object value)
    {
        var sourceType = Member<Type>(attribute, attribute.GetType().GetProperty(OtherName) is null ? "FormatterSourceType" : OtherName);
        var source = Activator.CreateInstance(sourceType, nonPublic: true)!;
        var create = sourceType.GetMethod("CreateTypeFormatters", Type.EmptyTypes) ?? throw Broken(sourceType, "has no method CreateTypeFormatters()");
        var formatters = Unwrapped(create, source, []) as System.Collections.IEnumerable ?? throw Broken(sourceType, "returned no list of formatters");
        foreach (var formatter in formatters)
        {
            var format = formatter.GetType().GetMethod("Format", [typeof(object), typeof(TextWriter)])
                ?? throw Broken(formatter.GetType(), "has no method Format(object, TextWriter)");
            using var writer = new StringWriter();
            if (Unwrapped(format, formatter, [value, writer]) is true)
                yield return (Member<string>(formatter, "MimeType"), writer.ToString());
        }
    }

    private static object? Unwrapped(MethodInfo method, object target, object?[] arguments) =>
        method.Invoke(target, BindingFlags.DoNotWrapExceptions, null, arguments, null);

    private static T Member<T>(object target, string name) =>
        target.GetType().GetProperty(name)?.GetValue(target) is T value ? value : throw Broken(target.GetType(), $"has no property {name} of type {typeof(T).Name}");

    private static Llm360Exception Broken(Type type, string what) =>
        new($"The formatter {type.Name} {what}.", type.FullName ?? type.Name, "Give it the members that .NET Interactive's formatter convention asks for.");
}
