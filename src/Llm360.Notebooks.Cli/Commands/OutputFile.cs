// The output file of a command; its extension decides the format.
using System.CommandLine;

namespace Llm360.Notebooks.Cli.Commands;

/// <summary><c>-o FILE</c>, and the formats that a command can write.</summary>
/// <param name="required">Whether a file must be named.</param>
/// <param name="description">What is written.</param>
/// <param name="extensions">The extensions of the formats, such as <c>.json</c>.</param>
internal sealed class OutputFile(bool required, string description, params string[] extensions)
{
    /// <summary>The option.</summary>
    public Option<FileInfo?> Option { get; } = new("--out", "-o")
    {
        Description = $"{description} The extension chooses the form: {string.Join(", ", extensions)}.",
        Required = required,
        HelpName = "FILE",
    };

    /// <summary>The given path; null if none was given. Checked before any computation.</summary>
    /// <exception cref="Llm360Exception">
    /// It is a folder, or its extension is not one of the formats.
    /// </exception>
    public string? Path(ParseResult parsed) => parsed.GetValue(Option) is { } file ? Checked(file, extensions) : null;

    /// <summary>The path of a file that must have one of some extensions.</summary>
    /// <exception cref="Llm360Exception">It is a folder, or has another extension.</exception>
    public static string Checked(FileInfo file, params string[] extensions)
    {
        if (Directory.Exists(file.FullName))
            throw new Llm360Exception("The output is a folder.", file.FullName, "Name a file in it.");
        return extensions.Contains(file.Extension, StringComparer.OrdinalIgnoreCase) ? file.FullName
            : throw new Llm360Exception(
                file.Extension.Length > 0 ? $"This result cannot be written as {file.Extension}."
                    : "The name of the output has no extension, which would say its form.",
                file.FullName, $"Name a file ending in {TextOf(extensions)}.");
    }

    /// <summary>Whether a path has an extension.</summary>
    public static bool Is(string path, string extension) => path.EndsWith(extension, StringComparison.OrdinalIgnoreCase);

    private static string TextOf(string[] extensions) => extensions.Length == 1 ? extensions[0]
        : $"{string.Join(", ", extensions[..^1])} or {extensions[^1]}";
}
