// The SVG elements of figures.
using System.Globalization;
using System.Xml;
using System.Xml.Linq;

namespace Llm360.Notebooks.Plotting.Svg;

/// <summary>
/// Builds the elements of a picture. Coordinates are pixels from the upper left corner, rounded to
/// a tenth.
/// </summary>
internal sealed class SvgCanvas
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    private readonly XElement root;
    private XElement target;
    private int clips;

    public SvgCanvas(double width, double height, string title, string description)
    {
        root = Element("svg",
            ("width", width), ("height", height), ("viewBox", $"0 0 {Number(width)} {Number(height)}"), ("role", "img"),
            ("font-family", Style.Font), ("font-size", Style.TickSize), ("fill", Style.Text));
        root.Add(new XElement(Svg + "title", Xml(title)), new XElement(Svg + "desc", Xml(description)));
        target = root;
    }

    /// <summary>
    /// The picture with apostrophes around attributes, because JSON and addresses would escape
    /// quotation marks.
    /// </summary>
    public override string ToString()
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        using (var xml = new XmlTextWriter(text) { QuoteChar = '\'' })
            root.WriteTo(xml);
        return text.ToString();
    }

    public void Line(double x1, double y1, double x2, double y2, string colour, double width = 1, string? dash = null) => Path(
        SvgPath.Line([(x1, y1), (x2, y2)]),
        ("stroke", colour), ("stroke-width", width == 1 ? null : width), ("stroke-dasharray", dash), ("fill", "none"));

    /// <summary>
    /// Adds a path. Adjacent paths with the same attributes become one element, which keeps
    /// pictures small.
    /// </summary>
    public void Path(string d, params ReadOnlySpan<(string Name, object? Value)> attributes)
    {
        var path = With(Element("path", ("d", d)), attributes);
        if (target.LastNode is XElement last && LooksAlike(last, path))
            last.SetAttributeValue("d", last.Attribute("d")!.Value + d);
        else
            target.Add(path);
    }

    public void Rectangle(double x, double y, double width, double height, params ReadOnlySpan<(string Name, object? Value)> attributes) =>
        Path($"M{Number(x)} {Number(y)}h{Number(width)}v{Number(height)}h{Number(-width)}z", attributes);

    /// <summary>Filled discs as one element: lines of zero length with round ends.</summary>
    public void Discs(IEnumerable<(double X, double Y)> places, double radius, string colour)
    {
        var d = SvgPath.Dots(places);
        if (d.Length > 0)
            Path(d, ("stroke", colour), ("stroke-width", 2 * radius), ("stroke-linecap", "round"), ("fill", "none"));
    }

    public void Circle(double x, double y, double radius, params ReadOnlySpan<(string Name, object? Value)> attributes) =>
        target.Add(With(Element("circle", ("cx", x), ("cy", y), ("r", radius)), attributes));

    /// <summary>
    /// Text with its baseline at a height, or with <paramref name="middle"/> its middle.
    /// </summary>
    public void Text(
        double x,
        double y,
        string text,
        string anchor = "start",
        int size = Style.TickSize,
        bool bold = false,
        double angle = 0,
        bool middle = false,
        string? colour = null)
    {
        var element = Element("text",
            ("x", Math.Round(x, 1)), ("y", Math.Round(middle ? y + 0.35 * size : y, 1)), ("text-anchor", anchor == "start" ? null : anchor),
            ("font-size", size == Style.TickSize ? null : size), ("font-weight", bold ? "bold" : null), ("fill", colour),
            ("transform", angle == 0 ? null : $"rotate({Number(angle)} {Number(x)} {Number(y)})"));
        element.Value = Xml(text);
        target.Add(element);
    }

    /// <summary>Clips what is drawn to a rectangle until the result is disposed.</summary>
    public IDisposable Clip(double x, double y, double width, double height)
    {
        var id = $"clip{++clips}";
        var rectangle = Element("rect", ("x", x), ("y", y), ("width", width), ("height", height));
        target.Add(new XElement(Svg + "clipPath", new XAttribute("id", id), rectangle));
        return Group(("clip-path", $"url(#{id})"));
    }

    /// <summary>Gives attributes to what is drawn until the result is disposed.</summary>
    public IDisposable Group(params ReadOnlySpan<(string Name, object? Value)> attributes)
    {
        var (outer, group) = (target, Element("g", attributes));
        outer.Add(group);
        target = group;
        return new Restore(() => target = outer);
    }

    /// <summary>A number in SVG's format.</summary>
    public static string Number(double value) => Math.Round(value, 1).ToString("0.#", CultureInfo.InvariantCulture);

    // Overlapping shapes with opacity, or with a border around a fill, would look different as one
    // element.
    private static bool LooksAlike(XElement last, XElement path)
    {
        if (last.Name != path.Name || (string?)path.Attribute("fill") != "none" && path.Attribute("stroke") is not null)
            return false;
        var attributes = path.Attributes().Where(a => a.Name.LocalName != "d").Select(a => (a.Name.LocalName, a.Value)).ToList();
        return attributes.TrueForAll(a => !a.LocalName.EndsWith("opacity", StringComparison.Ordinal))
            && last.Attributes().Where(a => a.Name.LocalName != "d").Select(a => (a.Name.LocalName, a.Value)).SequenceEqual(attributes);
    }

    private static XElement Element(string name, params ReadOnlySpan<(string Name, object? Value)> attributes) =>
        With(new XElement(Svg + name), attributes);

    private static XElement With(XElement element, ReadOnlySpan<(string Name, object? Value)> attributes)
    {
        foreach (var (name, value) in attributes)
        {
            if (value is double or int)
                element.SetAttributeValue(name, ((IFormattable)value).ToString("0.##", CultureInfo.InvariantCulture));
            else if (value is not null)
                element.SetAttributeValue(name, value);
        }

        return element;
    }

    /// <summary>
    /// Replaces what XML 1.0 does not allow: control characters and lone surrogates.
    /// </summary>
    private static string Xml(string text)
    {
        return string.Concat(text.EnumerateRunes().Select(r => IsAllowed(r.Value) ? r.ToString() : "\uFFFD"));

        static bool IsAllowed(int rune) => rune is 9 or 10 or (>= 0x20 and not (0xFFFE or 0xFFFF));
    }

    private sealed class Restore(Action action) : IDisposable
    {
        public void Dispose() => action();
    }
}
