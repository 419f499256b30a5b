// The formatter convention as in Plotly.NET 6 and F#: internal, with other and longer names.
namespace Llm360.Notebooks.Kernel.Tests.Execution.PlotlyNet;

internal interface ITypeFormatterSource
{
    IEnumerable<object> CreateTypeFormatters();
}

internal interface ITypeFormatter
{
    string MimeType { get; }

    bool Format(object instance, TextWriter writer);
}

[AttributeUsage(AttributeTargets.Class)]
internal sealed class TypeFormatterSourceAttribute(Type typeFormatterSourceType) : Attribute
{
    internal Type TypeFormatterSourceType { get; } = typeFormatterSourceType;
}

[TypeFormatterSource(typeof(Source))]
internal sealed class Chart;

internal sealed class Source : ITypeFormatterSource
{
    // F# writes none where a type has no primary constructor.
    public Source(int number) => _ = number;

    IEnumerable<object> ITypeFormatterSource.CreateTypeFormatters() => [new HtmlFormatter()];
}

internal sealed class HtmlFormatter : ITypeFormatter
{
    string ITypeFormatter.MimeType => "text/html";

    bool ITypeFormatter.Format(object instance, TextWriter writer)
    {
        writer.Write("<i>shown</i>");
        return true;
    }
}
