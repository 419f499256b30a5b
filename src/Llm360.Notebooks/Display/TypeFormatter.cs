// A formatter of a value, with the members that notebook hosts look for.
namespace Llm360.Notebooks;

/// <summary>Writes values of one type in one MIME type.</summary>
/// <remarks>Hosts find <see cref="MimeType"/> and <see cref="Format"/> by name.</remarks>
public sealed class TypeFormatter
{
    private readonly Func<object, string?> format;

    internal TypeFormatter(string mimeType, Func<object, string?> format)
    {
        MimeType = mimeType;
        this.format = format;
    }

    /// <summary>The MIME type that <see cref="Format"/> writes.</summary>
    public string MimeType { get; }

    /// <summary>Writes the value.</summary>
    /// <returns>
    /// False, with nothing written, if the value is not of this formatter's type.
    /// </returns>
    public bool Format(object instance, TextWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        if (format(instance) is not { } text)
            return false;
        writer.Write(text);
        return true;
    }
}
