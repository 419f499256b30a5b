// A figure as a file: a picture, or a page that needs no network.
using System.Globalization;
using System.Net;
using System.Text;

namespace Llm360.Notebooks.Cli.Commands;

/// <summary>Writes figures.</summary>
internal static class FigureFile
{
    /// <summary>The forms of a figure.</summary>
    public static readonly string[] Extensions = [".svg", ".html"];

    /// <summary>Writes a figure in the form of the file's extension.</summary>
    /// <exception cref="Llm360Exception">The file cannot be written.</exception>
    public static void Write(string path, Figure figure) =>
        AtomicFile.WriteText(path, OutputFile.Is(path, Extensions[0]) ? figure.ToSvg() : Page(figure));

    private static string Page(Figure figure) => new StringBuilder()
        .AppendLine(CultureInfo.InvariantCulture, $"<!doctype html><html lang=\"en\"><head>"
            + $"<meta charset=\"utf-8\"><title>{WebUtility.HtmlEncode(figure.Title)}</title></head>")
        .AppendLine(CultureInfo.InvariantCulture, $"<body>{FigureHtml.PlotlyScript}{figure.ToHtml()}</body></html>")
        .ToString();
}
