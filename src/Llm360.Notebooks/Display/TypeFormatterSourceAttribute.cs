// How a type tells a notebook host to show it, without a reference to any host.
namespace Llm360.Notebooks;

/// <summary>Names the class whose <c>CreateTypeFormatters()</c> gives the formatters of the type it stands on.</summary>
/// <remarks>This project's kernel, .NET Interactive and Verso know the attribute by its class name and its two properties, wherever it is declared.</remarks>
/// <param name="formatterSourceType">Has a constructor without parameters and <c>CreateTypeFormatters()</c>.</param>
[AttributeUsage(AttributeTargets.Class)]
public sealed class TypeFormatterSourceAttribute(Type formatterSourceType) : Attribute
{
    /// <summary>Gives the formatters.</summary>
    public Type FormatterSourceType { get; } = formatterSourceType;

    /// <summary>All are sent, the richest first; a front end takes the first that it knows.</summary>
    public string[] PreferredMimeTypes { get; set; } = [];
}
