// Text of arbitrary objects: their members may throw, return null or return very long text.
using System.Globalization;

namespace Llm360.Notebooks.Kernel.Display;

/// <summary>Calls members of arbitrary objects that return text.</summary>
internal static class SafeText
{
    /// <summary>The maximum number of characters of one value; front ends hang on longer
    /// text.</summary>
    public const int MaxCharacters = 32 << 20;

    private const int MessageCharacters = 100_000;

    /// <summary>The value as text, with numbers in the invariant culture. If that fails, its type
    /// and the type of the exception.</summary>
    public static string Of(object value)
    {
        try
        {
            return (value is IFormattable formattable ? formattable.ToString(null, CultureInfo.InvariantCulture) : value.ToString()) ?? "";
        }
        catch (Exception e) when (IsFault(e))
        {
            return $"{TypeName(value.GetType())} (its ToString failed: {TypeName(e.GetType())})";
        }
    }

    /// <summary>The message of an exception.</summary>
    public static string Message(Exception exception)
    {
        // Its Message joins the messages of all inner exceptions, and these may contain the
        // exception itself.
        if (exception is AggregateException { InnerExceptions.Count: var count })
            return string.Create(CultureInfo.InvariantCulture, $"One or more errors occurred ({count}).");
        try
        {
            return Cut(exception.Message ?? "", MessageCharacters);
        }
        catch (Exception e)
        {
            return $"(its Message failed: {TypeName(e.GetType())})";
        }
    }

    /// <summary>The name of a type with its namespace. The short name if the full name has 500
    /// characters or more, as for nested generic types.</summary>
    public static string TypeName(Type type) => type.ToString() is { Length: < 500 } name ? name : type.Name;

    /// <summary>The beginning of a text. No surrogate pair is cut in two.</summary>
    public static string Cut(string text, int characters)
    {
        if (text.Length <= characters)
            return text;
        return text[..(characters > 0 && char.IsHighSurrogate(text[characters - 1]) ? characters - 1 : characters)];
    }

    /// <summary>Whether an exception is a fault of the object: neither a cancellation of the cell
    /// nor a lack of memory.</summary>
    public static bool IsFault(Exception exception) =>
        exception is not OutOfMemoryException
        && !(exception is OperationCanceledException && AmbientWork.Cancellation.IsCancellationRequested);
}
