// The formatter convention as Plotly.NET 6 writes it: the attribute's property has another name.
namespace Llm360.Notebooks.Kernel.Tests.Execution.PlotlyNet;

[AttributeUsage(AttributeTargets.Class)]
internal sealed class TypeFormatterSourceAttribute(Type typeFormatterSourceType) : Attribute
{
    public Type TypeFormatterSourceType { get; } = typeFormatterSourceType;
}

[TypeFormatterSource(typeof(ShownFormatters))]
internal sealed class Chart;
