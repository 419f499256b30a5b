// Joins the members of a type into one document, like a page of an API reference.
namespace Llm360.Notebooks;

/// <summary>Pages of types, from the members of XML documentation.</summary>
internal static class TypePages
{
    /// <summary>
    /// One page per type, in the order of first members: the members' texts in file order,
    /// separated by a space.
    /// </summary>
    /// <param name="members">Identifiers as written by compilers, and texts.</param>
    /// <returns>The type's identifier, such as <c>T:System.Array</c>, and its text.</returns>
    public static List<(string Type, string Text)> Of(IEnumerable<(string Member, string Text)> members)
    {
        var pages = new OrderedDictionary<string, List<string>>();
        foreach (var (member, text) in members)
        {
            var type = TypeOf(member);
            if (!pages.TryGetValue(type, out var texts))
                pages.Add(type, texts = []);
            texts.Add(text);
        }

        return [.. pages.Select(page => (page.Key, string.Join(' ', page.Value)))];
    }

    /// <summary>
    /// <c>T:System.Array</c> for itself and for
    /// <c>M:System.Array.Resize``1(``0[]@,System.Int32)</c>.
    /// Other kinds, such as namespaces, stay as they are.
    /// </summary>
    internal static string TypeOf(string member)
    {
        if (member is not (['M' or 'P' or 'F' or 'E', ':', ..]))
            return member;
        // Types of parameters contain dots. In the name of an explicit implementation, '#' replaces
        // the dots.
        var name = member[2..].Split('(')[0];
        var dot = name.LastIndexOf('.');
        return dot < 0 ? member : $"T:{name[..dot]}";
    }
}
