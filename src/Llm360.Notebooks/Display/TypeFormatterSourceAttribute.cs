// The attribute by which a type names its formatters, without a reference to a notebook host.
namespace Llm360.Notebooks;

/// <summary>
/// Names the class whose <c>CreateTypeFormatters()</c> returns the formatters of the attributed
/// type.
/// </summary>
/// <remarks>
/// This project's kernel, .NET Interactive and Verso recognise the attribute by its class name and
/// its two properties, wherever it is declared.
/// </remarks>
/// <param name="formatterSourceType">
/// A type with a constructor without parameters and <c>CreateTypeFormatters()</c>.
/// </param>
[AttributeUsage(AttributeTargets.Class)]
public sealed class TypeFormatterSourceAttribute(Type formatterSourceType) : Attribute
{
    /// <summary>The type that returns the formatters.</summary>
    public Type FormatterSourceType { get; } = formatterSourceType;

    /// <summary>
    /// MIME types to send, the richest first. A front end shows the first one that it supports.
    /// </summary>
    public string[] PreferredMimeTypes { get; set; } = [];
}
