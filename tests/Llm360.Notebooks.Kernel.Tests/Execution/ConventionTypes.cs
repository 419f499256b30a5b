// Types that bring their own formatters, with no reference to any notebook package.
namespace Llm360.Notebooks.Kernel.Tests.Execution;

[AttributeUsage(AttributeTargets.Class | AttributeTargets.Interface)]
internal sealed class TypeFormatterSourceAttribute(Type formatterSourceType) : Attribute
{
    public Type FormatterSourceType { get; } = formatterSourceType;

    public string[] PreferredMimeTypes { get; set; } = [];
}

internal sealed class ShownFormatters
{
#pragma warning disable CA1822 // called on an instance, by convention
    public IEnumerable<object> CreateTypeFormatters() =>
    [
        new ShownFormatter("text/html", "<i>shown</i>"),
        new ShownFormatter("application/json", "{\"n\":1}"),
        new ShownFormatter("image/svg+xml", null),
    ];
#pragma warning restore CA1822
}

internal sealed class ShownFormatter(string mimeType, string? text)
{
    public string MimeType => mimeType;

    public bool Format(object instance, TextWriter writer)
    {
        writer.Write(text);
        return instance is not null && text is not null;
    }
}

[TypeFormatterSource(typeof(ShownFormatters))]
internal class Shown
{
    public override string ToString() => "plain";
}

internal sealed class Derived : Shown;

[TypeFormatterSource(typeof(ShownFormatters))]
internal interface IShown;

internal sealed class ByInterface : IShown;
