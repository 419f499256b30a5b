// Answers an editor about code that is not run: completion, inspection, completeness.
using System.Text.Json.Nodes;
using Llm360.Notebooks.Kernel.Display;
using Llm360.Notebooks.Kernel.Execution;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Completion;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.QuickInfo;
using Microsoft.CodeAnalysis.Tags;

namespace Llm360.Notebooks.Kernel.Editing;

/// <summary>Whether code can be run as it is.</summary>
internal enum Completeness
{
    Complete,
    Incomplete,
    Invalid,
}

/// <summary>One completion.</summary>
/// <param name="Text">Replaces the text before the cursor.</param>
/// <param name="Kind">What it names: class, method, keyword.</param>
internal sealed record CompletionMatch(string Text, string Kind);

/// <summary>Answers with the compiler's own services, which know the declarations of the cells that
/// ran.</summary>
internal sealed class CodeEditing(CSharpSession session)
{
    private const int Most = 500;

    private readonly SessionWorkspace workspace = new(session);

    /// <summary>Completions at the cursor.</summary>
    /// <returns>The start of the text that a match replaces, and the matches in the order to show
    /// them.</returns>
    public async Task<(int Start, IReadOnlyList<CompletionMatch> Items)> CompleteAsync(string code, int cursor)
    {
        if (MagicCompletion(code, cursor) is { } commands)
            return commands;
        code = CellSections.CSharpOnly(code);
        if (IsTooDeep(code))
            return (cursor, []);
        var document = workspace.Open(code);
        if (await StringCompletion.OfAsync(document, cursor).ConfigureAwait(false) is { } texts)
            return texts;
        var service = CompletionService.GetService(document)!;
        var list = await service.GetCompletionsAsync(document, cursor).ConfigureAwait(false);
        var typed = code[list.Span.Start..cursor];
        var matches = list.ItemsList
            .Where(item => item.FilterText.StartsWith(typed, StringComparison.OrdinalIgnoreCase) && !item.Properties.ContainsKey("Snippet"))
            .OrderByDescending(item => item.FilterText.StartsWith(typed, StringComparison.Ordinal))
            .ThenBy(item => item.SortText, StringComparer.OrdinalIgnoreCase)
            .Select(item => new CompletionMatch(item.DisplayText, Kind(item)))
            .Concat(await UnimportedMethods.OfAsync(document, list.Span.Start, typed).ConfigureAwait(false))
            .DistinctBy(match => match.Text)
            .Take(Most)
            .ToList();
        return (list.Span.Start, matches);
    }

    /// <summary>Runs one completion and discards it. The first one takes seconds, and front ends do
    /// not wait so long.</summary>
    public Task WarmUpAsync() => Task.Run(() => CompleteAsync("Console.", "Console.".Length));

    /// <summary>Declaration and documentation of the name at the cursor, or before it; null without
    /// one.</summary>
    public async Task<MimeBundle?> InspectAsync(string code, int cursor)
    {
        code = CellSections.CSharpOnly(code);
        if (IsTooDeep(code))
            return null;
        var document = workspace.Open(code);
        var service = QuickInfoService.GetService(document)!;
        var signatures = await Signatures.OfAsync(document, cursor).ConfigureAwait(false);
        if (signatures is { IsInArguments: true })
            return Bundle(signatures.Text, "");
        for (var place = await BeginAsync(document, cursor).ConfigureAwait(false); place >= 0; place--)
        {
            if (await service.GetQuickInfoAsync(document, place).ConfigureAwait(false) is { Sections.IsEmpty: false } info)
                return Bundle(info, signatures?.Text);
            if (place > 0 && code[place - 1] is '\n' or ';')
                break;
        }

        return null;
    }

    /// <summary>Whether the code is a whole submission, the beginning of one, or neither.</summary>
    public static Completeness IsComplete(string code)
    {
        code = CellSections.CSharpOnly(code);
        if (IsTooDeep(code))
            return Completeness.Invalid;
        code = CellDirectives.TakeOut(code, "").Code;
        var tree = Submissions.Parse(UsingVariables.Blank(code).Code, "");
        if (!SyntaxFactory.IsCompleteSubmission(tree))
            return Completeness.Incomplete;
        return tree.GetDiagnostics().Any(d => d.Severity == DiagnosticSeverity.Error) ? Completeness.Invalid : Completeness.Complete;
    }

    /// <summary>The indentation of the next line: that of the last line, and one level more after
    /// an open brace.</summary>
    public static string Indentation(string code)
    {
        var last = code.TrimEnd().Split('\n')[^1];
        var indent = last[..(last.Length - last.TrimStart().Length)];
        return last.TrimEnd().EndsWith('{') ? indent + "    " : indent;
    }

    private static bool IsTooDeep(string code) =>
        SourceNesting.OfBrackets(code, "", CancellationToken.None) is not null
        || SourceNesting.OfTree(Submissions.Parse(code, ""), CancellationToken.None) is not null;

    private static (int Start, IReadOnlyList<CompletionMatch> Items)? MagicCompletion(string code, int cursor)
    {
        var start = cursor == 0 ? 0 : code.LastIndexOf('\n', cursor - 1) + 1;
        var typed = code[start..cursor];
        return !typed.StartsWith("#!", StringComparison.Ordinal) ? null
            : (start, [.. MagicCommands.Names.Where(name => name.StartsWith(typed, StringComparison.Ordinal)).Select(name =>
            new CompletionMatch(name, "magic"))]);
    }

    // The signatures add the parameters, which the sections lack.
    private static MimeBundle Bundle(QuickInfoItem info, string? signatures)
    {
        var declaration = info.Sections.FirstOrDefault(section => section.Kind == QuickInfoSectionKinds.Description)?.Text;
        var rest = info.Sections.Where(section => section.Kind != QuickInfoSectionKinds.Description).Select(section => section.Text);
        return Bundle(declaration ?? "", string.Join("\n\n", rest.Append(signatures ?? "").Where(part => part.Length > 0)));
    }

    // After List<int>, the name to inspect is List and not its last type argument.
    private static async Task<int> BeginAsync(Document document, int cursor)
    {
        var root = await document.GetSyntaxRootAsync().ConfigureAwait(false);
        return cursor > 0 && root!.FindToken(cursor - 1) is { RawKind: (int)SyntaxKind.GreaterThanToken,
            Parent: { Parent: GenericNameSyntax name } }
            ? name.SpanStart
            : cursor;
    }

    private static MimeBundle Bundle(string declaration, string rest)
    {
        var plain = string.Join("\n\n", new[] { declaration, rest }.Where(part => part.Length > 0));
        return new MimeBundle(new JsonObject { ["text/plain"] = plain, ["text/markdown"] = $"```csharp\n{declaration}\n```\n\n{rest}" });
    }

    private static string Kind(CompletionItem item) =>
        new[]
        {
            (WellKnownTags.Method, "function"),
            (WellKnownTags.ExtensionMethod, "function"),
            (WellKnownTags.Property, "property"),
            (WellKnownTags.Field, "property"),
            (WellKnownTags.Event, "property"),
            (WellKnownTags.Class, "class"),
            (WellKnownTags.Structure, "class"),
            (WellKnownTags.Interface, "interface"),
            (WellKnownTags.Enum, "enum"),
            (WellKnownTags.EnumMember, "enum"),
            (WellKnownTags.Namespace, "module"),
            (WellKnownTags.Keyword, "keyword"),
            (WellKnownTags.Local, "variable"),
            (WellKnownTags.Parameter, "variable"),
            (WellKnownTags.Constant, "variable"),
        }.FirstOrDefault(pair => item.Tags.Contains(pair.Item1)).Item2 ?? "text";
}
