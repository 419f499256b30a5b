// Formatters that a type brings along by convention, found by name without a notebook package.
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.Kernel.Display;

/// <summary>
/// Types with an attribute whose class is named <c>TypeFormatterSourceAttribute</c>. Its
/// <c>FormatterSourceType</c> (<c>TypeFormatterSourceType</c> in Plotly.NET) has
/// <c>CreateTypeFormatters()</c>.
/// Each formatter has <c>MimeType</c> and <c>bool Format(object, TextWriter)</c>.
/// </summary>
internal static class ConventionFormatters
{
    private const string AttributeName = "TypeFormatterSourceAttribute";
    private const string OtherName = "TypeFormatterSourceType";
    private const BindingFlags AllMembers =
        BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic;

    /// <summary>All MIME types of the nearest formatter source: the type itself, then its bases,
    /// then its interfaces. Null without one.</summary>
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

        static Attribute? On(Type t) =>
            t.GetCustomAttributes(inherit: false).OfType<Attribute>().FirstOrDefault(a => a.GetType().Name == AttributeName);
    }

    private static IEnumerable<(string Mime, string Text)> Run(Attribute attribute, object value)
    {
        var sourceType = Property<Type>(attribute, FindProperty(attribute.GetType(), OtherName) is null ? "FormatterSourceType"
            : OtherName);
        var create = Method(sourceType, "CreateTypeFormatters") ?? throw Broken(sourceType, "has no method CreateTypeFormatters()");
        // The formatter source of Plotly.NET 6 has no constructor, and no state that one would set.
        var source = sourceType.GetConstructor(AllMembers, Type.EmptyTypes) is null
            ? RuntimeHelpers.GetUninitializedObject(sourceType)
            : Activator.CreateInstance(sourceType, nonPublic: true)!;
        var formatters = Unwrapped(create, source, []) as System.Collections.IEnumerable
            ?? throw Broken(sourceType, "returned no list of formatters");
        foreach (var formatter in formatters)
        {
            var format = Method(formatter.GetType(), "Format", typeof(object), typeof(TextWriter))
                ?? throw Broken(formatter.GetType(), "has no method Format(object, TextWriter)");
            using var writer = new StringWriter();
            if (Unwrapped(format, formatter, [value, writer]) is true)
                yield return (Property<string>(formatter, "MimeType"), writer.ToString());
        }
    }

    private static object? Unwrapped(MethodInfo method, object target, object?[] arguments) =>
        method.Invoke(target, BindingFlags.DoNotWrapExceptions, null, arguments, null);

    private static T Property<T>(object target, string name) =>
        FindProperty(target.GetType(), name)?.GetValue(target) is T value
            ? value
            : throw Broken(target.GetType(), $"has no property {name} of type {typeof(T).Name}");

    // F# keeps such members internal. Members that implement an interface have longer names.
    private static PropertyInfo? FindProperty(Type type, string name) =>
        Array.Find(type.GetProperties(AllMembers), property => IsNamed(property, name));

    private static MethodInfo? Method(Type type, string name, params Type[] parameters) =>
        Array.Find(type.GetMethods(AllMembers), method =>
            IsNamed(method, name) && method.GetParameters().Select(parameter => parameter.ParameterType).SequenceEqual(parameters));

    private static bool IsNamed(MemberInfo member, string name) =>
        member.Name == name || member.Name.EndsWith("." + name, StringComparison.Ordinal);

    private static Llm360Exception Broken(Type type, string what) =>
        new(
            $"The formatter {type.Name} {what}.",
            type.FullName ?? type.Name,
            "Give it the members that .NET Interactive's formatter convention asks for.");
}
