// The #!name lines of a cell: commands of .NET Interactive that work here, and advice on others.
using System.Globalization;
using System.Runtime.InteropServices;
using Llm360.Notebooks.Kernel.Display;
using Llm360.Notebooks.Kernel.Jupyter;
using Microsoft.Data.Analysis;

namespace Llm360.Notebooks.Kernel.Execution;

/// <summary>The magic commands.</summary>
internal static class MagicCommands
{
    public const string Time = "#!time", Import = "#!import";

    private const string Who = "#!who", Whos = "#!whos", About = "#!about", List = "#!lsmagic";
    private const int ValueCharacters = 200;

    private static readonly (string Name, string Does)[] Known =
    [
        ("#!csharp", "C#; also #!c# and #!cs"),
        ("#!markdown", "shows Markdown"),
        ("#!html", "shows HTML"),
        ("#!javascript", "runs JavaScript in the browser"),
        ("#!mermaid", "shows a Mermaid diagram as Markdown"),
        (Time, "shows how long the cell took"),
        (Who, "names the variables"),
        (Whos, "shows the variables with types and values"),
        (Import, "runs a .cs, .csx, .ipynb or .dib file here"),
        (About, "shows the kernel's version"),
        (List, "lists these commands"),
    ];

    private static readonly string[] OtherLanguages =
        ["fsharp", "f#", "fs", "pwsh", "powershell", "sql", "kql", "python", "r", "http", "vb", "value"];

    /// <summary>All commands, for completion.</summary>
    public static IEnumerable<string> Names => Known.Select(command => command.Name);

    /// <summary>The error of the first section that cannot run here; null if all sections
    /// can.</summary>
    public static CellError? Refusal(IReadOnlyList<CellSection> sections, CompileErrors errors)
    {
        foreach (var section in sections.Where(section => section.Kind == SectionKind.Command))
        {
            if (Known.Any(command => command.Name == section.Command) && (section.Command != Import || section.Arguments.Length > 0))
                continue;
            return errors.At(errors.LineAt(section.Line), "magic", Instead(section.Command));
        }

        return null;
    }

    /// <summary>Shows a section that is not C#.</summary>
    public static void Show(CellSection section, IReadOnlyList<CellVariable> variables, SessionOutputs outputs)
    {
        object? shown = section.Kind switch
        {
            SectionKind.Markdown => new MarkdownText(section.Text),
            SectionKind.Mermaid => new MarkdownText($"```mermaid\n{section.Text}\n```"),
            SectionKind.Html => new HtmlText(section.Text),
            SectionKind.JavaScript => RichText.Script(section.Text),
            _ => section.Command switch
            {
                Who => MimeBundle.PlainText(variables.Count == 0 ? "no variables" : string.Join(", ", variables.Select(v => v.Name))),
                Whos => Table(["name", "type", "value"], variables.Select(v => new[] { v.Name, Name(v.Type), Value(v.Value) })),
                About => MimeBundle.PlainText(
                    $"{KernelInfo.Banner}\n{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}"),
                List => Table(["command", "what it does"], Known.Select(command => new[] { command.Name, command.Does })),
                _ => null,
            },
        };
        if (shown is not null)
            outputs.Show(shown);
    }

    /// <summary>The time of a cell as <c>#!time</c> shows it.</summary>
    public static MimeBundle WallTime(TimeSpan time) =>
        MimeBundle.PlainText(string.Create(CultureInfo.InvariantCulture, $"Wall time: {time.TotalMilliseconds:0.###}ms"));

    private static string Instead(string command)
    {
        var name = command["#!".Length..];
        if (OtherLanguages.Contains(name, StringComparer.OrdinalIgnoreCase))
        {
            return $"{command} begins a cell of another language. This kernel runs C# only. Write it in C#, or run the cell in a kernel of "
                + "that language.";
        }

        return name switch
        {
            "connect" => "#!connect connects another kernel, and this kernel runs C# only. Use a .NET library instead, such as ADO.NET "
                + "for a database: #r \"nuget: ...\". Query results of suites with suite.Query(\"select ...\").",
            "share" or "set" => $"{command} passes a variable between kernels. All cells share one C# session here: write x = y;.",
            "import" => "#!import needs a file: #!import other.csx.",
            _ => $"{command} is a magic command that this kernel does not know. Remove the line; #!lsmagic lists those it knows.",
        };
    }

    private static DataFrame Table(string[] columns, IEnumerable<string[]> rows)
    {
        var all = rows.ToList();
        return new DataFrame(columns.Select((name, i) => new StringDataFrameColumn(name, all.Select(row => row[i]))));
    }

    private static string Value(object? value)
    {
        var text = value is null ? "null" : SafeText.Of(value).ReplaceLineEndings(" ");
        return text.Length > ValueCharacters ? SafeText.Cut(text, ValueCharacters) + " ..." : text;
    }

    private static string Name(Type type)
    {
        if (!type.IsGenericType)
            return type.Name;
        var tick = type.Name.IndexOf('`', StringComparison.Ordinal);
        return $"{(tick < 0 ? type.Name : type.Name[..tick])}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>";
    }
}
