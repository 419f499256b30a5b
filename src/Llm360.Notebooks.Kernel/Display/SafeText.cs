// Text of objects that may be anything: their own members may throw, return null or be far too long.
using System.Globalization;

namespace Llm360.Notebooks.Kernel.Display;

/// <summary>Calls members of foreign objects that make text.</summary>
internal static class SafeText
{
    /// <summary>The most characters of one value; a front end hangs on more.</summary>
    public const int MaxCharacters = 32 << 20;

    private const int MessageCharacters = 100_000;

    /// <summary>The value as text, numbers in the invariant culture; its type and what was thrown if that fails.</summary>
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
        // Its Message is made of those of all exceptions within, which may contain it.
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

    /// <summary>The name of a type with its namespace; its short name if that is long, as that of nested generic types is.</summary>
    public static string TypeName(Type type) => type.ToString() is { Length: < 500 } name ? name : type.Name;

    /// <summary>The beginning of a text. No surrogate pair is cut in two.</summary>
    public static string Cut(string text, int characters)
    {
        if (text.Length <= characters)
            return text;
        return text[..(characters > 0 && char.IsHighSurrogate(text[characters - 1]) ? characters - 1 : characters)];
    }

    /// <summary>Whether an exception is a fault of the object, not a stop of the cell and not a lack of memory.</summary>
    public static bool IsFault(Exception exception) =>
        exception is not OutOfMemoryException && !(exception is OperationCanceledException && AmbientWork.Cancellation.IsCancellationRequested);
}
