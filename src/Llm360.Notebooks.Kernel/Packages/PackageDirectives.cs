// The packages that a cell asks for in its #r directives, and the sources of its #i directives.
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Llm360.Notebooks.Kernel.Packages;

internal static class PackageDirectives
{
    /// <summary>The beginning of a directive about packages.</summary>
    public const string Scheme = "nuget:";

    /// <summary>The request of a reference such as <c>nuget: Id, Version</c>; null for any other
    /// reference.</summary>
    public static PackageRequest? Parse(string reference)
    {
        if (!reference.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return null;
        var parts = reference[Scheme.Length..].Split(',', 2, StringSplitOptions.TrimEntries);
        return new PackageRequest(parts[0], parts.Length > 1 && parts[1].Length > 0 ? parts[1] : "*");
    }

    /// <summary>All requests of a cell, with their places.</summary>
    public static IReadOnlyList<(PackageRequest Request, Location Place)> Find(SyntaxTree tree) =>
        [.. tree.GetCompilationUnitRoot().GetReferenceDirectives()
            .Select(directive => (Request: Parse(directive.File.ValueText), Place: directive.File.GetLocation()))
            .Where(found => found.Request is not null)
            .Select(found => (found.Request!, found.Place))];
}
