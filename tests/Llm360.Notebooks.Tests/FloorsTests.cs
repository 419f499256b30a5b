// The layers of the library: a folder may use only folders in lower layers.
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Llm360.Notebooks.Tests;

/// <summary>
/// The compiler resolves the file that declares each name, so the check includes constants and
/// attributes.
/// All types are in one namespace, so the layer follows from the folder alone.
/// </summary>
public sealed class FloorsTests
{
    /// <summary>The layers from bottom to top. All layers may use files in the library's root
    /// folder, and those files use none of the layers.</summary>
    private static readonly string[][] Floors =
    [
        ["Files"],
        ["Json"],
        ["Torch", "Display"],
        ["Suites"],
        ["Kernels", "Weights", "Text", "Hub"],
        ["Models", "Corpora"],
        ["Checkpoints"],
        ["Inference"],
        ["Gradients"],
        ["Training"],
        ["Results"],
        ["Memorization", "Attribution", "Evaluation", "Queries"],
        ["Imports"],
        ["Figures"],
    ];

    /// <summary>The folders of the model families; only the registry refers to all.</summary>
    private static readonly string[] Families = ["Models/Llama", "Models/Neox", "Models/Crystal"];
    private const string Registry = "Models/ModelFamilies.cs";

    private static readonly Lazy<IReadOnlyList<Use>> Uses = new(() => [.. FindUses().Distinct()]);

    [Fact]
    public void Every_folder_has_a_floor() =>
        Assert.Empty(Directory.GetDirectories(LibrarySource.Folder)
            .Select(Path.GetFileName)
            .Except(Floors.SelectMany(f => f))
            .Except(["bin", "obj"]));

    [Fact]
    public void No_folder_uses_a_folder_on_its_own_floor_or_above() =>
        AssertNone(Uses.Value.Where(u => Top(u.From) != Top(u.To) && Floor(u.To) >= Floor(u.From)));

    [Fact]
    public void No_model_family_is_used_by_another_or_by_what_families_share() =>
        AssertNone(Uses.Value.Where(
            u => Top(u.From) == "Models" && u.From != Registry && Families.Contains(Folder(u.To)) && Folder(u.From) != Folder(u.To)));

    [Fact]
    public void The_check_sees_constants_attributes_and_method_bodies()
    {
        Assert.Contains(Uses.Value,
            u => u.From.StartsWith("Training/", StringComparison.Ordinal) && u.Name == nameof(SuiteLayout.Manifest));
        Assert.Contains(Uses.Value,
            u => u.From.StartsWith("Figures/", StringComparison.Ordinal) && u.Name == nameof(TypeFormatterSourceAttribute));
        Assert.Contains(Uses.Value, u => u is { From: "Results/GridWorker.cs", Name: nameof(LanguageModel) });
    }

    private static void AssertNone(IEnumerable<Use> wrong)
    {
        var found = wrong.Select(u => $"{u.From} uses {u.Name} of {u.To}").Order().ToList();
        Assert.True(found.Count == 0, string.Join(Environment.NewLine, found));
    }

    private static string Top(string file) =>
        file.Contains('/', StringComparison.Ordinal) ? file[..file.IndexOf('/', StringComparison.Ordinal)] : "";

    private static string Folder(string file) => Path.GetDirectoryName(file)!;

    private static int Floor(string file) => Array.FindIndex(Floors, f => f.Contains(Top(file)));

    private static IEnumerable<Use> FindUses() =>
        LibrarySource.Compilation.SyntaxTrees.AsParallel()
            .SelectMany(tree => FindUses(LibrarySource.Compilation.GetSemanticModel(tree), tree)).ToList();

    private static IEnumerable<Use> FindUses(SemanticModel model, SyntaxTree tree) =>
        from name in tree.GetRoot().DescendantNodes().OfType<SimpleNameSyntax>()
        let symbol = model.GetSymbolInfo(name).Symbol
        let declared = symbol switch
        {
            null or INamespaceSymbol or ILocalSymbol or IParameterSymbol or ITypeParameterSymbol or IRangeVariableSymbol => null,
            IMethodSymbol { MethodKind: MethodKind.Constructor } constructor => constructor.ContainingType,
            _ => symbol,
        }
        where declared is not null
        let definition = (declared as IMethodSymbol)?.ReducedFrom ?? declared.OriginalDefinition
        let source = definition.DeclaringSyntaxReferences.FirstOrDefault()?.SyntaxTree.FilePath
        where source is not null && source != tree.FilePath
        select new Use(tree.FilePath, source, declared.Name);

    private sealed record Use(string From, string To, string Name);
}
