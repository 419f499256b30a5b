// Short names of references in XML documentation: "T:System.Array" becomes "Array".
using System.Text.RegularExpressions;

namespace Llm360.Notebooks;

/// <summary>Shortens the identifiers that compilers write into <c>cref</c> attributes.</summary>
internal static partial class CrefName
{
    /// <summary>
    /// A type becomes its last name, a member <c>Type.Member</c>, a constructor its type. A
    /// namespace stays whole. Parameter lists, type arguments and arities are dropped.
    /// </summary>
    public static string Shorten(string cref)
    {
        var colon = cref.IndexOf(':', StringComparison.Ordinal);
        var kind = colon < 0 ? "" : cref[..colon];
        var name = cref[(colon + 1)..];
        var parameters = name.IndexOf('(', StringComparison.Ordinal);
        if (parameters >= 0)
            name = name[..parameters];
        for (var before = ""; before != name;)
            (before, name) = (name, TypeArguments().Replace(name, "")); // innermost first
        if (kind == "N")
            return name;
        var parts = name.Split('.', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length == 0)
            return "";
        // An explicit implementation is written System#IDisposable#Dispose, a constructor #ctor.
        var last = parts[^1].Split('#')[^1];
        if (kind is "T" or "!" or "" || parts.Length == 1)
            return last;
        return last is "ctor" or "cctor" ? parts[^2] : $"{parts[^2]}.{last}";
    }

    [GeneratedRegex(@"\{[^{}]*\}|`+\d+")]
    private static partial Regex TypeArguments();
}
