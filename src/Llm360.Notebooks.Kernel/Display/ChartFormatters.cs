// Charts of libraries that cells load: drawn by the library's own export, which is found by name.
using System.Reflection;

namespace Llm360.Notebooks.Kernel.Display;

/// <summary>Charts of ScottPlot 5, OxyPlot, XPlot and Plotly.NET, whose own formatters write no
/// chart.</summary>
internal static class ChartFormatters
{
    private const int Width = 720, Height = 440;
    private const string Svg = "image/svg+xml";

    /// <summary>The chart as a picture or HTML; null for any other value.</summary>
    public static MimeBundle? TryFormat(object value)
    {
        for (var type = value.GetType(); type is not null; type = type.BaseType)
        {
            var bundle = type.FullName switch
            {
                "ScottPlot.Plot" => Picture(Call(type, value, "GetSvgXml", [Width, Height]), "ScottPlot chart"),
                "Plotly.NET.GenericChart" => PlotlyChart.Bundle(Static(type, "toFigureJson", value)),
                "OxyPlot.PlotModel" => Picture(Oxy(type, value), "OxyPlot chart"),
                "XPlot.Plotly.PlotlyChart" =>
                    Call(type, value, "GetInlineHtml", []) is string html ? MimeBundle.Html(html, "XPlot chart") : null,
                _ => null,
            };
            if (bundle is not null)
                return bundle;
        }

        return null;
    }

    private static MimeBundle? Picture(object? svg, string text) =>
        svg is string markup ? new MimeBundle(new System.Text.Json.Nodes.JsonObject { [Svg] = markup, ["text/plain"] = text }) : null;

    private static object? Oxy(Type type, object value)
    {
        var export = type.Assembly.GetType("OxyPlot.SvgExporter")?.GetMethods(BindingFlags.Public | BindingFlags.Static)
            .FirstOrDefault(method => method.Name == "ExportToString" && method.GetParameters().Length >= 4);
        return export?.Invoke(null, BindingFlags.DoNotWrapExceptions, null, Filled(export, [value, (double)Width, (double)Height, false]),
            null);
    }

    private static object? Static(Type type, string name, object argument) =>
        type.GetMethods(BindingFlags.Public | BindingFlags.Static).FirstOrDefault(method =>
            method.Name == name && method.GetParameters().Length == 1)
            ?.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [argument], null);

    private static object? Call(Type type, object target, string name, object?[] arguments)
    {
        var method = type.GetMethods().FirstOrDefault(m => m.Name == name && m.GetParameters().Length >= arguments.Length
            && m.GetParameters().Skip(arguments.Length).All(parameter => parameter.IsOptional));
        return method?.Invoke(target, BindingFlags.DoNotWrapExceptions, null, Filled(method, arguments), null);
    }

    private static object?[] Filled(MethodInfo method, object?[] arguments) =>
        [.. arguments, .. method.GetParameters().Skip(arguments.Length).Select(parameter => parameter.DefaultValue)];
}
